"""The bank's side: what it answers about our transfers, read from its files or typed in.

A file is read (`read_xml`, `read_message`), understood against what was sent (`sent`,
`status_report`, `statement`), and taken in one transaction (`take_in`), so that it counts once
however often it comes. What people type goes the same road (`typed`).
"""
