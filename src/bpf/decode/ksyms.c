#include "bpf/decode/ksyms.h"
#include "text/monotonic.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct symbol {
	uint64_t address;
	uint32_t name; /* in names */
};

struct table {
	struct symbol *symbols;
	uint32_t nr, cap;
	char *names;
	uint32_t names_len, names_cap;
};

enum { MAX_SYMBOL = 512, MAX_REACH = 1 << 20, AGAIN_SECONDS = 1 };

static struct table table;
static time_t read_at = -AGAIN_SECONDS - 1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void drop(struct table *t)
{
	free(t->symbols);
	free(t->names);
	memset(t, 0, sizeof(*t));
}

static bool add_name(struct table *t, const char *name, uint32_t *at)
{
	uint32_t len = (uint32_t)strlen(name) + 1, cap = t->names_cap ? t->names_cap : 1 << 16;
	char *grown;

	while (cap - t->names_len < len)
		cap *= 2;
	if (cap != t->names_cap) {
		grown = realloc(t->names, cap);
		if (!grown)
			return false;
		t->names = grown;
		t->names_cap = cap;
	}
	memcpy(t->names + t->names_len, name, len);
	*at = t->names_len;
	t->names_len += len;
	return true;
}

static bool add_symbol(struct table *t, uint64_t address, const char *name)
{
	uint32_t cap = t->cap ? t->cap : 1 << 12;
	struct symbol *grown;
	uint32_t at;

	if (t->nr == t->cap) {
		cap = t->cap ? t->cap * 2 : cap;
		grown = realloc(t->symbols, cap * sizeof(*grown));
		if (!grown)
			return false;
		t->symbols = grown;
		t->cap = cap;
	}
	if (!add_name(t, name, &at))
		return false;
	t->symbols[t->nr++] = (struct symbol){ address, at };
	return true;
}

static int by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return (x->address > y->address) - (x->address < y->address);
}

/* Reads lines "ffffffff81000000 T name\t[module]". Data symbols are kept, too, because addresses
 * may point to data. */
static bool read_table(struct table *t)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[MAX_SYMBOL + 64], name[MAX_SYMBOL];
	unsigned long long address;
	bool ok = f != NULL;

	while (ok && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx %*c %511[^\t\n ]", &address, name) == 2 && address)
			ok = add_symbol(t, address, name);
	}
	if (f)
		fclose(f);
	qsort(t->symbols, t->nr, sizeof(*t->symbols), by_address);
	return ok && t->nr;
}

/* Reads the file again when the last time is more than a second ago. */
static bool refresh(void)
{
	time_t now = (time_t)lun_monotonic();
	struct table fresh = { 0 };

	if (now - read_at <= AGAIN_SECONDS)
		return false;
	read_at = now;
	if (!read_table(&fresh)) {
		drop(&fresh);
		return false;
	}
	drop(&table);
	table = fresh;
	return true;
}

static const struct symbol *find(uint64_t address)
{
	uint32_t low = 0, high = table.nr;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (table.symbols[mid].address <= address)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || address - table.symbols[low - 1].address > MAX_REACH)
		return NULL;
	return &table.symbols[low - 1];
}

bool lun_ksym_name(uint64_t address, struct lun_out *out)
{
	const struct symbol *symbol;
	uint64_t offset;

	pthread_mutex_lock(&lock);
	if (!table.nr)
		refresh();
	symbol = find(address);
	if (!symbol && address && refresh())
		symbol = find(address);
	if (symbol) {
		offset = address - symbol->address;
		lun_out_str(out, table.names + symbol->name);
		if (offset)
			lun_out_printf(out, "+0x%llx", (unsigned long long)offset);
	}
	pthread_mutex_unlock(&lock);
	return symbol != NULL;
}

uint64_t lun_ksym_address(const char *name)
{
	uint64_t address = 0;

	pthread_mutex_lock(&lock);
	if (!table.nr)
		refresh();
	for (uint32_t i = 0; i < table.nr && !address; i++) {
		if (!strcmp(table.names + table.symbols[i].name, name))
			address = table.symbols[i].address;
	}
	pthread_mutex_unlock(&lock);
	return address;
}
