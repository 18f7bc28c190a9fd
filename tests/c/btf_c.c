/* Types as C: compilers lay them out with BTF's sizes and offsets, for the kernel's types and for
 * random ones. */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "bpf/decode/btf_c.h"
#include "bpf/decode/btf_layout.h"
#include "bpf/object/btf_verify.h"

enum { TYPES = 400, ROUNDS = 6, MEMBERS = 9 };

static uint32_t seed;

static uint32_t pick(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

/* All types of the BTF, as C. */
static void write_all(const struct btf *btf, struct lun_out *out)
{
	uint32_t n = btf__type_cnt(btf) - 1, *ids = malloc(n * sizeof(*ids));

	assert_non_null(ids);
	for (uint32_t i = 0; i < n; i++)
		ids[i] = i + 1;
	assert_int_equal(lun_btf_c(btf, ids, n, out), 0);
	free(ids);
}

static void write_file(const char *path, const struct lun_out *out)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(out->data, 1, out->len, file), out->len);
	assert_int_equal(fclose(file), 0);
}

static void run(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void run(const char *format, ...)
{
	char command[512];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command))
		fail_msg("%s", command);
}

static bool is_there(const char *compiler)
{
	char command[64];

	snprintf(command, sizeof(command), "%s --version >/dev/null 2>&1", compiler);
	return !system(command);
}

/* The width of a bit field. */
static uint32_t width(const struct btf_type *t, int i)
{
	return btf_member_bitfield_size(t, (uint32_t)i);
}

static void check_member(
	const struct btf *btf, const struct btf_type *t, int i, struct lun_out *out)
{
	const char *name = btf__name_by_offset(btf, t->name_off);
	const char *member = btf__name_by_offset(btf, btf_members(t)[i].name_off);
	uint32_t at = btf_member_bit_offset(t, (uint32_t)i), bits = width(t, i);

	if (!*member)
		return;
	if (!bits)
		lun_out_printf(out, "_Static_assert(__builtin_offsetof(%s %s, %s) == %u, \"\");\n",
			btf_is_union(t) ? "union" : "struct", name, member, at / 8);
	else /* ones in the field, zeros elsewhere */
		lun_out_printf(out,
			"static int check_%s_%s(void) { %s %s v; "
			"__builtin_memset(&v, 0, sizeof(v)); v.%s = ~0ull; "
			"return holds(&v, sizeof(v), %u, %u); }\n",
			name, member, btf_is_union(t) ? "union" : "struct", name, member, at, bits);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of all structs, unions and enums, in order. */
static size_t all_tags(const struct btf *btf, const char **names)
{
	size_t n = 0;

	for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		if (btf_is_composite(t) || btf_is_any_enum(t))
			names[n++] = btf__name_by_offset(btf, t->name_off);
	}
	qsort(names, n, sizeof(*names), by_name);
	return n;
}

/* True when no name is declared twice. */
static bool is_once(const char **names, size_t n, const char *name)
{
	const char **at = bsearch(&name, names, n, sizeof(*names), by_name);

	return (at == names || strcmp(at[-1], name) != 0) &&
		(at == names + n - 1 || strcmp(at[1], name) != 0);
}

static void check_sizes(
	const struct btf *btf, struct lun_layouts *layouts, bool bits, struct lun_out *out)
{
	const char **names = malloc(btf__type_cnt(btf) * sizeof(*names));
	size_t n = all_tags(btf, names);

	for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const char *name = btf__name_by_offset(btf, t->name_off);

		if (!btf_is_composite(t) || !*name ||
			lun_layout_of(layouts, id).kind == LUN_LAYOUT_BYTES)
			continue;
		if (!is_once(names, n, name))
			continue;
		lun_out_printf(out, "_Static_assert(sizeof(%s %s) == %u, \"\");\n",
			btf_is_union(t) ? "union" : "struct", name, t->size);
		for (int i = 0; i < btf_vlen(t); i++)
			if (bits || !width(t, i))
				check_member(btf, t, i, out);
	}
	free(names);
}

static void test_kernel(void **state)
{
	char why[LUN_BTF_WHY], path[] = "/tmp/lunette-btf-XXXXXX";
	struct btf *btf = btf__load_vmlinux_btf();
	struct lun_layouts layouts;
	struct lun_out out;

	(void)state;
	if (!btf || !is_there("clang"))
		skip();
	assert_int_equal(lun_btf_verify(btf, why), 0);
	lun_out_init(&out);
	write_all(btf, &out);
	assert_int_equal(lun_layouts_init(&layouts, btf), 0);
	check_sizes(btf, &layouts, false, &out);
	close(mkstemp(path));
	write_file(path, &out);
	run("clang -w -x c -fsyntax-only %s", path);
	if (is_there("gcc"))
		run("gcc -w -x c -fsyntax-only %s", path);
	unlink(path);
	lun_layouts_free(&layouts);
	lun_out_free(&out);
	btf__free(btf);
}

/* Adds simple types that a member can have; the first four are whole numbers. */
static void add_simple(struct btf *btf)
{
	static const char *const ints[] = { "unsigned char", "short", "int", "unsigned long" };

	for (int i = 0; i < 4; i++)
		assert_int_equal(
			btf__add_int(btf, ints[i], 1u << i, i % 2 ? BTF_INT_SIGNED : 0), i + 1);
	btf__add_int(btf, "_Bool", 1, BTF_INT_BOOL);
	btf__add_enum(btf, "mood", 4);
	btf__add_enum_value(btf, "CALM", 1);
	btf__add_ptr(btf, 1);
	btf__add_array(btf, 3, 1, 3);
	btf__add_array(btf, 3, 4, 2);
	btf__add_typedef(btf, "u64", 4);
	btf__add_float(btf, "double", 8);
	btf__add_const(btf, 2);
}

/* Adds a member at an offset that C would choose, or, for a struct that C can't have, at any
 * offset. */
static uint64_t add_member(
	struct btf *btf, uint32_t types, bool in_union, uint64_t at, uint64_t *end, uint32_t mode)
{
	uint32_t type = 1 + pick(types - 1), bits = pick(3) ? 0 : 1 + pick(20);
	int64_t size = btf__resolve_size(btf, type);
	int align = btf__align_of(btf, type);
	char name[32];

	if (bits) {
		type = 1 + pick(4);
		size = 1 << (type - 1);
		bits = bits > 8 * size ? 8 * (uint32_t)size : bits;
		at += pick(4) ? 0 : pick(70);
	} else {
		align = mode == 1 || align < 1 ? 1 : align;
		at = (at + 8 * (uint64_t)align - 1) / (8 * (uint64_t)align) * (8 * (uint64_t)align);
		at += pick(5) ? 0 : 8 * (uint64_t)align * pick(20);
	}
	if (mode == 2 && !pick(4))
		at = at / 2;
	if (in_union)
		at = 0;
	snprintf(name, sizeof(name), "m%u", (unsigned int)*end);
	if (btf__add_field(btf, name, (int)type, (uint32_t)at, bits))
		assert_int_equal(mode, 2);
	*end += 1;
	return at + (bits ? bits : 8 * (uint64_t)size);
}

static void set_size(struct btf *btf, int id, uint64_t bits)
{
	struct btf_type *t = (struct btf_type *)(uintptr_t)btf__type_by_id(btf, (uint32_t)id);

	t->size = (uint32_t)((bits + 7) / 8);
	if (pick(2))
		t->size = (t->size + 7) / 8 * 8;
	if (!pick(8))
		t->size = (t->size + 63) / 64 * 64;
}

/* mode 0: as C lays out; 1: packed; 2: anything. */
static void add_random(struct btf *btf, uint32_t mode)
{
	uint32_t types = btf__type_cnt(btf), n = pick(MEMBERS);
	bool is_union = !pick(6);
	uint64_t at = 0, most = 0, name_number = 0;
	char name[32];
	int id;

	snprintf(name, sizeof(name), "t%u", types);
	id = is_union ? btf__add_union(btf, name, 0) : btf__add_struct(btf, name, 0);
	assert_true(id > 0);
	for (uint32_t i = 0; i < n && most < 1 << 16; i++) {
		uint64_t end = add_member(btf, types, is_union, at, &name_number, mode);

		at = end;
		most = end > most ? end : most;
	}
	set_size(btf, id, most);
}

static const char PRELUDE[] =
	"static int holds(const void *p, unsigned long size, unsigned at, unsigned bits) {"
	"const unsigned char *b = p;"
	"for (unsigned long i = 0; i < 8 * size; i++) {"
	"int have = b[i / 8] >> i % 8 & 1, want = i >= at && i < (unsigned long)at + bits;"
	"if (have != want) return 1; } return 0; }\n";

static void write_main(struct lun_out *out)
{
	struct lun_out calls;
	const char *at = out->data;

	lun_out_init(&calls);
	lun_out_str(&calls, "int main(void) { int bad = 0;\n");
	lun_out_char(out, 0);
	at = out->data;
	while ((at = strstr(at, "static int check_"))) {
		at += strlen("static int ");
		lun_out_str(&calls, "bad += ");
		lun_out_mem(&calls, at, strcspn(at, "("));
		lun_out_str(&calls, "();\n");
	}
	out->len--;
	lun_out_mem(out, calls.data, calls.len);
	lun_out_str(out, "return bad != 0; }\n");
	lun_out_free(&calls);
}

static unsigned int count_bytes(const struct btf *btf, struct lun_layouts *layouts)
{
	unsigned int n = 0;

	for (uint32_t id = 1; id < btf__type_cnt(btf); id++)
		n += btf_is_composite(btf__type_by_id(btf, id)) &&
			lun_layout_of(layouts, id).kind == LUN_LAYOUT_BYTES;
	return n;
}

static void check_random(uint32_t mode)
{
	static const char *const compilers[] = { "gcc", "clang" };
	char why[LUN_BTF_WHY], path[] = "/tmp/lunette-btf-XXXXXX";
	struct btf *btf = btf__new_empty();
	struct lun_layouts layouts;
	struct lun_out out;

	assert_non_null(btf);
	btf__set_pointer_size(btf, 8);
	add_simple(btf);
	for (int i = 0; i < TYPES; i++)
		add_random(btf, mode);
	if (mode < 2 && lun_btf_verify(btf, why))
		fail_msg("%s", why);
	lun_out_init(&out);
	lun_out_str(&out, PRELUDE);
	write_all(btf, &out);
	assert_int_equal(lun_layouts_init(&layouts, btf), 0);
	if (mode < 2) /* C can express every layout of a compiler */
		assert_int_equal(count_bytes(btf, &layouts), 0);
	check_sizes(btf, &layouts, true, &out);
	write_main(&out);
	close(mkstemp(path));
	write_file(path, &out);
	for (int i = 0; i < 2; i++)
		if (is_there(compilers[i]))
			run("%s -w -Wno-packed-bitfield-compat -O0 -x c -o %s.out %s 2>/dev/null "
			    "&& %s.out",
				compilers[i], path, path, path);
	run("rm -f %s %s.out", path, path);
	lun_layouts_free(&layouts);
	lun_out_free(&out);
	btf__free(btf);
}

static void test_random(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < ROUNDS; i++) {
		seed = i + 1;
		check_random(i % 3);
	}
}

static void expect(struct btf *btf, uint32_t id, const char *want)
{
	struct lun_out out;

	lun_out_init(&out);
	assert_int_equal(lun_btf_c(btf, &id, 1, &out), 0);
	lun_out_char(&out, 0);
	assert_string_equal(out.data, want);
	lun_out_free(&out);
}

static void test_text(void **state)
{
	struct btf *btf = btf__new_empty();
	int int_, inner, outer, func, tag, proto, ptr, attribute, e, bad;

	(void)state;
	int_ = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	inner = btf__add_struct(btf, "inner", 8);
	btf__add_field(btf, "a", int_, 0, 0);
	btf__add_field(btf, "b", int_, 32, 0);
	outer = btf__add_struct(btf, "outer", 16);
	btf__add_field(btf, "", inner, 0, 0);
	btf__add_field(btf, "c", int_, 96, 0);
	expect(btf, (uint32_t)outer,
		"struct outer {\n\t/* struct inner */ struct {\n\t\tint a;\n\t\tint b;\n\t};\n"
		"\tint: 32;\n\tint c;\n};\n\n");
	ptr = btf__add_ptr(btf, outer);
	proto = btf__add_func_proto(btf, int_);
	btf__add_func_param(btf, "from", ptr);
	btf__add_func_param(btf, "", 0);
	func = btf__add_func(btf, "walk", BTF_FUNC_GLOBAL, proto);
	expect(btf, (uint32_t)func, "struct outer;\n\nint walk(struct outer *from, ...);\n\n");
	tag = btf__add_decl_tag(btf, "bpf_kfunc", func, -1);
	expect(btf, (uint32_t)tag, "/* tag \"bpf_kfunc\" on walk() */\n\n");
	tag = btf__add_decl_tag(btf, "nullable", func, 0);
	expect(btf, (uint32_t)tag, "/* tag \"nullable\" on parameter 'from' of walk() */\n\n");
	attribute = btf__add_type_tag(btf, "address_space(1)", int_);
	((struct btf_type *)(uintptr_t)btf__type_by_id(btf, (uint32_t)attribute))->info |= 1u << 31;
	ptr = btf__add_ptr(btf, attribute);
	expect(btf, (uint32_t)btf__add_var(btf, "place", BTF_VAR_STATIC, ptr),
		"extern int __attribute__((address_space(1))) *place;\n\n");
	e = btf__add_enum(btf, "flags", 4);
	btf__add_enum_value(btf, "HIGH", 0x80000000);
	expect(btf, (uint32_t)e, "enum flags {\n\tHIGH = 2147483648,\n};\n\n");
	bad = btf__add_struct(btf, "overlap", 8);
	btf__add_field(btf, "x", int_, 0, 0);
	btf__add_field(btf, "y", int_, 16, 0);
	expect(btf, (uint32_t)bad,
		"struct overlap {\n\t/* C can't put member 1, 'y', at bit 16 */\n"
		"\tunsigned char __bytes[8];\n};\n\n"
		"_Static_assert(sizeof(struct overlap) == 8, \"its size\");\n\n");
	btf__free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
