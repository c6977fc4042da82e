"""Run a program on a terminal of its own: terminal.py ANSWERS PROGRAM ARGUMENTS...

ANSWERS is JSON: [[text to wait for, what is typed then], ...]. Prints all that the terminal showed; ends as the program.
"""
import json
import os
import pty
import sys

answers = json.loads(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
shown = b""
seen = 0
while True:
    try:
        chunk = os.read(terminal, 65536)
    except OSError:  # the program has ended
        break
    if not chunk:
        break
    shown += chunk
    if answers:
        at = shown.find(answers[0][0].encode(), seen)
        if at >= 0:
            seen = at + len(answers[0][0].encode())
            os.write(terminal, answers.pop(0)[1].encode())
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
