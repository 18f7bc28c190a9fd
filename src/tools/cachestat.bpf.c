/* How often the page cache has what is read. The kernel renamed the functions with folios (5.16).
 */
#include "tools/tool.bpf.h"

struct counts {
	__u64 accessed, buffers_dirtied, added, dirtied;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counts);
} counts SEC(".maps");

#define COUNT(function, member)                                                                    \
	SEC("kprobe/" #function)                                                                   \
	int function(void *ctx)                                                                    \
	{                                                                                          \
		__u32 zero = 0;                                                                    \
		struct counts *found = bpf_map_lookup_elem(&counts, &zero);                        \
                                                                                                   \
		if (found)                                                                         \
			__sync_fetch_and_add(&found->member, 1);                                   \
		return 0;                                                                          \
	}

COUNT(folio_mark_accessed, accessed)
COUNT(mark_page_accessed, accessed)
COUNT(mark_buffer_dirty, buffers_dirtied)
COUNT(filemap_add_folio, added)
COUNT(add_to_page_cache_lru, added)
COUNT(folio_account_dirtied, dirtied)
COUNT(account_page_dirtied, dirtied)
/* folio_account_dirtied may be inlined into this one. */
COUNT(__folio_mark_dirty, dirtied)
