"""The till of the TPE box: a pure machine from events to states and effects (design §9).

Nothing here waits, prints, asks the service or reads a clock; `tpe_client/desk.py` does.
"""
