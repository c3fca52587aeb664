"""A plain server of files over TLS, from the standard library: python -m tests.bench.plain_site FOLDER PKI PORT."""

import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from transfer.crypto.tls import serving


def main(folder: Path, pki: Path, port: int) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", port), partial(SimpleHTTPRequestHandler, directory=str(folder)))
    server.socket = serving(pki / "server.pem", pki / "server.key").wrap_socket(server.socket, server_side=True)
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
