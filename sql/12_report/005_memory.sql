-- Gives the sorts of this transaction memory enough for a million touches: the models take half the time.
SET LOCAL work_mem = '64MB'
