"""Lists of persons as files: read from .xlsx and .csv, and a template made; alone imports openpyxl."""
