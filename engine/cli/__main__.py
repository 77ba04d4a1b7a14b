"""`python -m engine.cli`: the same as the command `byway`."""

from engine.cli import main

main()
