"""Reading what is imported: tables of text, workbooks, mapping files, and rows by column; nothing here writes."""
