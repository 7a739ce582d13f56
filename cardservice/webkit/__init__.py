"""What the portals share: sessions and cookies, forms, formats, pages, the look.

The law: nothing here knows which portal it serves, and nothing here decides about money or people.
"""
