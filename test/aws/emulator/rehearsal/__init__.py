"""An AWS that runs on this machine: moto with CloudFormation stacks that behave as the real ones do.

`python -m rehearsal --help` starts it; docs/rehearsal.md says what it shows and what it cannot.
Module names are dotted (`rehearsal.stacks`), since moto reads a service's name out of them.
"""
