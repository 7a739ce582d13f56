"""The terminal's side of terminal API v1, shared by the TPE box and the scanner.

The law: an operation's id and content are on disk before a byte of it is sent, and nobody is told
that a sale was refused when nobody knows. Nothing of the service is imported (decision 0020).
"""
