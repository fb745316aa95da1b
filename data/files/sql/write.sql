-- Rows of the log as a file. Small dictionaries only: ids and pseudonyms are hardly repeated, and looking them up in a
-- growing dictionary, only to give it up, takes as long as writing them. Snappy: a batch is read more often than it is
-- written, and read fast. No Bloom filters: nothing asks them. Readers skip by groups of rows, as a batch is in the
-- order of days.
copy written to $path (
    format parquet, compression snappy, parquet_version v2, row_group_size 122_880, dictionary_size_limit 2_000,
    write_bloom_filter false
)
