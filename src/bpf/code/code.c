#include "bpf/code/code.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/code/disasm.h"
#include "bpf/object/btf_load.h"

/* The arrays that the second call to the kernel fills, of the sizes that the first call returned.
 */
struct raw {
	struct bpf_func_info *funcs;
	struct bpf_line_info *lines;
	uint64_t *jited_lines;
	uint64_t *ksyms;
	uint32_t *func_lens;
};

static void raw_free(struct raw *raw)
{
	free(raw->funcs);
	free(raw->lines);
	free(raw->jited_lines);
	free(raw->ksyms);
	free(raw->func_lens);
}

static int get_info(int fd, struct bpf_prog_info *info)
{
	uint32_t len = sizeof(*info);

	return bpf_obj_get_info_by_fd(fd, info, &len) ? -errno : 0;
}

/* calloc that never returns NULL for nothing, so that NULL always means "no memory". */
static void *room(size_t count, size_t size)
{
	return calloc(count ? count : 1, size);
}

static uint64_t ptr(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static int make_room(const struct bpf_prog_info *seen, struct lun_code *code, struct raw *raw)
{
	code->insns = room(seen->xlated_prog_len + sizeof(struct bpf_insn), 1);
	code->jited = room(seen->jited_prog_len, 1);
	raw->funcs = room(seen->nr_func_info, sizeof(*raw->funcs));
	raw->lines = room(seen->nr_line_info, sizeof(*raw->lines));
	raw->jited_lines = room(seen->nr_jited_line_info, sizeof(*raw->jited_lines));
	raw->ksyms = room(seen->nr_jited_ksyms, sizeof(*raw->ksyms));
	raw->func_lens = room(seen->nr_jited_func_lens, sizeof(*raw->func_lens));
	if (!code->insns || !code->jited || !raw->funcs || !raw->lines || !raw->jited_lines ||
		!raw->ksyms || !raw->func_lens)
		return -ENOMEM;
	return 0;
}

static void ask_for(const struct bpf_prog_info *seen, struct lun_code *code, struct raw *raw)
{
	struct bpf_prog_info *info = &code->info;

	info->xlated_prog_len = seen->xlated_prog_len;
	info->xlated_prog_insns = ptr(code->insns);
	info->jited_prog_len = seen->jited_prog_len;
	info->jited_prog_insns = ptr(code->jited);
	info->nr_func_info = seen->nr_func_info;
	info->func_info_rec_size = sizeof(*raw->funcs);
	info->func_info = ptr(raw->funcs);
	info->nr_line_info = seen->nr_line_info;
	info->line_info_rec_size = sizeof(*raw->lines);
	info->line_info = ptr(raw->lines);
	info->nr_jited_line_info = seen->nr_jited_line_info;
	info->jited_line_info_rec_size = sizeof(*raw->jited_lines);
	info->jited_line_info = ptr(raw->jited_lines);
	info->nr_jited_ksyms = seen->nr_jited_ksyms;
	info->jited_ksyms = ptr(raw->ksyms);
	info->nr_jited_func_lens = seen->nr_jited_func_lens;
	info->jited_func_lens = ptr(raw->func_lens);
}

static int read_info(int fd, struct lun_code *code, struct raw *raw)
{
	struct bpf_prog_info seen = { 0 };
	int err = get_info(fd, &seen);

	if (!err)
		err = make_room(&seen, code, raw);
	if (err)
		return err;
	ask_for(&seen, code, raw);
	err = get_info(fd, &code->info);
	if (err)
		return err;
	if (!code->info.xlated_prog_insns) /* the kernel hides it from this process */
		return -EPERM;
	code->count = code->info.xlated_prog_len / sizeof(struct bpf_insn);
	code->jited_len = code->info.jited_prog_insns ? code->info.jited_prog_len : 0;
	return 0;
}

static const char *func_name(const struct lun_code *code, const struct bpf_func_info *func)
{
	const struct btf_type *type = btf__type_by_id(code->btf, func->type_id);

	return type ? btf__name_by_offset(code->btf, type->name_off) : "";
}

static int compare_start(const void *a, const void *b)
{
	const struct lun_code_func *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* The index of the function that this instruction names (a call, or a function's address). */
static long named_func(const struct lun_code *code, uint32_t at)
{
	const struct bpf_insn *insn = &code->insns[at];
	long target;

	if (insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL)
		target = (long)at + 1 + insn->off;
	else if (lun_insn_is_wide(insn) && insn->src_reg == LUN_PSEUDO_FUNC)
		target = (long)at + 1 + insn->imm;
	else
		return -1;
	return target > 0 && target < (long)code->count ? target : -1;
}

/* Without BTF a function begins at instruction 0 and at the target of each call. */
static int find_funcs(struct lun_code *code)
{
	bool *starts = room(code->count, sizeof(*starts));
	uint32_t n = 0;

	if (!starts)
		return -ENOMEM;
	for (uint32_t i = 0; i < code->count; i += lun_insn_is_wide(&code->insns[i]) ? 2 : 1) {
		long target = named_func(code, i);

		if (target > 0)
			starts[target] = true;
	}
	if (code->count)
		starts[0] = true;
	for (uint32_t i = 0; i < code->count; i++)
		n += starts[i];
	code->funcs = room(n, sizeof(*code->funcs));
	for (uint32_t i = 0; code->funcs && i < code->count; i++) {
		if (starts[i])
			code->funcs[code->nr_funcs++] =
				(struct lun_code_func){ .name = "", .start = i };
	}
	free(starts);
	return code->funcs ? 0 : -ENOMEM;
}

static int take_funcs(struct lun_code *code, const struct raw *raw)
{
	uint32_t n = code->btf && code->info.func_info ? code->info.nr_func_info : 0;

	if (!n)
		return find_funcs(code);
	code->funcs = room(n, sizeof(*code->funcs));
	if (!code->funcs)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		code->funcs[i] = (struct lun_code_func){
			.name = func_name(code, &raw->funcs[i]),
			.start = raw->funcs[i].insn_off,
		};
	code->nr_funcs = n;
	return 0;
}

/* Sizes, and the place of each one's native code: the kernel lists them in program order. */
static void finish_funcs(struct lun_code *code, const struct raw *raw)
{
	uint32_t jited_start = 0;

	qsort(code->funcs, code->nr_funcs, sizeof(*code->funcs), compare_start);
	for (uint32_t i = 0; i < code->nr_funcs; i++) {
		struct lun_code_func *func = &code->funcs[i];
		uint32_t end = i + 1 < code->nr_funcs ? func[1].start : code->count;

		func->count = end > func->start ? end - func->start : 0;
		if (code->info.jited_ksyms && i < code->info.nr_jited_ksyms)
			func->address = raw->ksyms[i];
		if (code->info.jited_func_lens && i < code->info.nr_jited_func_lens)
			func->jited_len = raw->func_lens[i];
		func->jited_start = jited_start;
		jited_start += func->jited_len;
	}
	if (code->nr_funcs && !code->funcs[0].name[0])
		code->funcs[0].name = code->info.name;
}

static int take_lines(struct lun_code *code, const struct raw *raw)
{
	uint32_t n = code->btf && code->info.line_info ? code->info.nr_line_info : 0;
	bool native = code->info.jited_line_info && code->info.nr_jited_line_info == n;

	code->lines = room(n, sizeof(*code->lines));
	if (!code->lines)
		return -ENOMEM;
	code->nr_lines = n;
	for (uint32_t i = 0; i < n; i++) {
		const struct bpf_line_info *line = &raw->lines[i];

		code->lines[i] = (struct lun_code_line){
			.insn = line->insn_off,
			.address = native ? raw->jited_lines[i] : 0,
			.file = btf__str_by_offset(code->btf, line->file_name_off),
			.text = btf__str_by_offset(code->btf, line->line_off),
			.line = BPF_LINE_INFO_LINE_NUM(line->line_col),
			.column = BPF_LINE_INFO_LINE_COL(line->line_col),
		};
	}
	return 0;
}

static int read_open(int fd, struct lun_code *code, struct raw *raw)
{
	int err = read_info(fd, code, raw);

	if (err)
		return err;
	if (code->info.btf_id)
		code->btf = lun_btf_of_id(code->info.btf_id);
	err = take_funcs(code, raw);
	if (err)
		return err;
	finish_funcs(code, raw);
	return take_lines(code, raw);
}

int lun_code_read(uint32_t prog_id, struct lun_code *code)
{
	struct raw raw = { 0 };
	int fd = bpf_prog_get_fd_by_id(prog_id);
	int err;

	memset(code, 0, sizeof(*code));
	if (fd < 0)
		return -errno;
	err = read_open(fd, code, &raw);
	close(fd);
	raw_free(&raw);
	if (err)
		lun_code_free(code);
	return err;
}

void lun_code_free(struct lun_code *code)
{
	free(code->insns);
	free(code->jited);
	free(code->funcs);
	free(code->lines);
	btf__free(code->btf);
	memset(code, 0, sizeof(*code));
}

const struct lun_code_func *lun_code_func_at(const struct lun_code *code, uint32_t index)
{
	const struct lun_code_func *found = code->funcs;

	for (uint32_t i = 1; i < code->nr_funcs && code->funcs[i].start <= index; i++)
		found = &code->funcs[i];
	return found;
}

const struct lun_code_line *lun_code_line_at(const struct lun_code *code, uint32_t index)
{
	const struct lun_code_func *func = lun_code_func_at(code, index);
	const struct lun_code_line *found = NULL;

	for (uint32_t i = 0; i < code->nr_lines && code->lines[i].insn <= index; i++) {
		if (func && code->lines[i].insn >= func->start)
			found = &code->lines[i];
	}
	return found;
}
