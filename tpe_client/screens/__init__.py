"""The screens of the TPE box: a full-screen text program for a keypad and 80×24 or more."""
