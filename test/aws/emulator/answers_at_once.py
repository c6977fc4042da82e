"""Cuts answers of two services into pages at once, as two requests do, and prints how many no client could read."""

import sys
import threading

from rehearsal import paging

rounds = 300
broken: list[str] = []


def answer(root: str, space: str, items: str) -> bytes:
    entries = "<item><key>a</key></item>" * 40
    return f'<{root} xmlns="http://{space}.example/doc/"><{items}>{entries}</{items}></{root}>'.encode()


def cut(body: bytes, where: paging.List) -> None:
    for _ in range(rounds):
        try:
            page = paging._cut_xml(body, where, 2, 2)
        except KeyError as error:
            broken.append(f"KeyError {error}")
            continue
        if f"<{where.items}>".encode() not in page or b">page-5<" not in page:
            broken.append(page[:80].decode())


# As often as the interpreter can, so that what may come between two requests does.
sys.setswitchinterval(1e-6)
lists = [("ec2", "tagSet"), ("elasticloadbalancing", "LoadBalancers"), ("cloudformation", "Stacks")]
threads = [
    threading.Thread(target=cut, args=(answer("Answer", space, items), paging.List(items, "NextToken", "NextToken")))
    for space, items in lists
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(f"{len(broken)} of {rounds * len(lists)}", *broken[:3])
