#!/opt/candor/bin/python -I
"""What an image starts: the program named in CANDOR_PROGRAM, with settings from files beside those of the environment.

A file /run/secrets/CANDOR_… is the setting of its name, so that secrets stand in no environment that others can list.
"""

import os
from pathlib import Path
from runpy import run_module

if __name__ == "__main__":
    for secret in Path("/run/secrets").glob("CANDOR_*"):
        os.environ.setdefault(secret.name, secret.read_text(encoding="utf-8").strip())
    run_module(os.environ["CANDOR_PROGRAM"], run_name="__main__", alter_sys=True)
