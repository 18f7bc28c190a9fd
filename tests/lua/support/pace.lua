-- How many times slower than a machine of its own this one may be: guests are emulated.
return os.getenv("LUNETTE_KERNEL") and 50 or 1
