"""Start the emulator: `python -m rehearsal --port 0` prints `{"url": ..., "names": ...}` when it answers, and runs until ended."""

import argparse
import json
import os
import signal
import sys
from types import FrameType

from . import names


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="rehearsal", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    return parser.parse_args()


def _end(signum: int, frame: FrameType | None) -> None:
    sys.exit(0)


def main() -> None:
    arguments = _arguments()
    # Before moto is imported, which reads them once.
    os.environ.update(MOTO_ALLOW_NONEXISTENT_REGION="true", MOTO_IAM_LOAD_MANAGED_POLICIES="true")
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_request(self, code="-", size="-"):
            """Requests are in the call log, without their secrets."""

    server = make_server(arguments.host, arguments.port, _hollow, threaded=True, request_handler=Quiet)
    url = f"http://{arguments.host}:{server.server_port}"
    server.app = _application(url)
    signal.signal(signal.SIGTERM, _end)
    print(json.dumps({"url": url, "names": f"{arguments.host}:{names.serve(arguments.host)}"}), flush=True)
    server.serve_forever()


def _hollow(environ, start_response):
    raise RuntimeError("asked before it was ready")


def _application(url: str):
    from moto.server import DomainDispatcherApplication, create_backend_app

    from . import account, balancers, cluster, eks, gateways, identity, kms, network, private_ca, stack_api, tags  # noqa: F401  tables fill on import
    from .calls import CallLog
    from .control import Control
    from .paging import Paging
    from .throttling import Throttling

    eks.install()
    balancers.install()
    identity.install()
    kms.install()
    private_ca.install()
    tags.install()
    stack_api.install(url)
    aws = DomainDispatcherApplication(create_backend_app)
    return Control(CallLog(Throttling(Paging(aws))), url)


main()
