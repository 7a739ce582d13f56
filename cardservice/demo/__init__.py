"""A demonstration county: invented people and partners in real communes, with a real history.

The law: everything is made by the services that production uses, the clock moved forward; nothing
is inserted behind their backs, and nothing here can touch an instance that holds real data.
"""
