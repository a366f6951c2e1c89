-- Numbers an extraction. Writes: the sequence.
SELECT pg_catalog.nextval({{sequence "ops" "extract_ids"}})
