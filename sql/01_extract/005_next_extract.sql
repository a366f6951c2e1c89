-- Numbers an extraction. Writes: the sequence.
SELECT pg_catalog.nextval('{{ops}}.extract_ids')
