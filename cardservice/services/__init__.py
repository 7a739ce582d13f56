"""The office: one file per verb, one public function each.

The law: a verb opens one unit of work, writes one line of the journal in it, and answers with its
result or with a `Refused`; a refusal changes nothing. It knows neither HTTP nor a screen, and reads
no clock but the database's.
"""
