"""The papers of one remittance: a PDF to file, a CSV to reckon with, a page to read aloud.

Law kept (design §3, §6): the three say the same rows and the same totals, and none says a
youth's name, birth date, school, full card code or balance, nor an unmasked IBAN. They are
rendered once, at approval, and the bytes are stored; the same remittance gives the same
bytes. Everything shown as text is taken as hostile: it comes from people.
"""
