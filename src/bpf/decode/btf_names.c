#include "bpf/decode/btf_names.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct lun_name {
	const char *name; /* NULL: free */
	uint32_t count;
	enum lun_name_space space;
};

int lun_names_init(struct lun_names *names, uint32_t types)
{
	names->room = 1024;
	names->table = calloc(names->room, sizeof(*names->table));
	names->numbers = calloc(types, sizeof(*names->numbers));
	return names->table && names->numbers ? 0 : -ENOMEM;
}

void lun_names_free(struct lun_names *names)
{
	free(names->table);
	free(names->numbers);
}

static size_t hash_of(const char *name, enum lun_name_space space)
{
	uint64_t h = 14695981039346656037u + space;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 1099511628211u;
	return (size_t)(h ^ (h >> 32));
}

/* The name's slot, or the free slot where it belongs. */
static struct lun_name *find(
	struct lun_name *table, size_t room, const char *name, enum lun_name_space space)
{
	size_t at = hash_of(name, space) & (room - 1);

	while (table[at].name && (table[at].space != space || strcmp(table[at].name, name) != 0))
		at = (at + 1) & (room - 1);
	return &table[at];
}

static void grow(struct lun_names *names)
{
	size_t room = names->room * 2;
	struct lun_name *table = calloc(room, sizeof(*table));

	if (!table) {
		names->err = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < names->room; i++)
		if (names->table[i].name)
			*find(table, room, names->table[i].name, names->table[i].space) =
				names->table[i];
	free(names->table);
	names->table = table;
	names->room = room;
}

static uint32_t next_number(struct lun_names *names, const char *name, enum lun_name_space space)
{
	struct lun_name *at;

	if (names->used * 2 > names->room)
		grow(names);
	if (names->used + 1 >= names->room)
		return 1; /* no memory: err is set */
	at = find(names->table, names->room, name, space);
	names->used += !at->name;
	at->name = name;
	at->space = space;
	return ++at->count;
}

static bool is_keyword(const char *name)
{
	static const char *const words[] = { "auto", "break", "case", "char", "const", "continue",
		"default", "do", "double", "else", "enum", "extern", "float", "for", "goto", "if",
		"inline", "int", "long", "register", "restrict", "return", "short", "signed",
		"sizeof", "static", "struct", "switch", "typedef", "union", "unsigned", "void",
		"volatile", "while", "asm", "typeof" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(name, words[i]))
			return true;
	return false;
}

void lun_names_put_plain(const char *name, struct lun_out *out)
{
	if (isdigit((unsigned char)*name) || is_keyword(name))
		lun_out_char(out, '_');
	for (; *name; name++)
		lun_out_char(out, isalnum((unsigned char)*name) ? *name : '_');
}

static void put_numbered(const char *name, uint32_t number, struct lun_out *out)
{
	lun_names_put_plain(name, out);
	if (number > 1)
		lun_out_printf(out, "___%u", number);
}

void lun_names_put(struct lun_names *names, uint32_t id, const char *name,
	enum lun_name_space space, struct lun_out *out)
{
	if (!names->numbers[id])
		names->numbers[id] = next_number(names, name, space);
	put_numbered(name, names->numbers[id], out);
}

void lun_names_put_new(struct lun_names *names, const char *name, struct lun_out *out)
{
	put_numbered(name, next_number(names, name, LUN_NAME_PLAIN), out);
}
