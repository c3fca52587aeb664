"""Speaks just enough of their protocols to know that a broker and an epmd are at work."""

import socket
import struct

_PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"
_METHOD_FRAME = 1
_FRAME_END = b"\xce"
_START = (10, 10)
_START_OK = (10, 11)
_TUNE = (10, 30)
# Erlang distribution protocol: EPMD's NAMES_REQ, which is answered with its port and the names it knows.
_NAMES_REQUEST = b"\x00\x01n"


def answers(host: str, port: int, username: str, password: str, *, timeout: float = 5.0) -> bool:
    """Whether the broker offers to tune the connection after the user has logged in by PLAIN."""
    try:
        with socket.create_connection((host, port), timeout=timeout) as connection:
            connection.sendall(_PROTOCOL_HEADER)
            if _next_method(connection) != _START:
                return False
            connection.sendall(_start_ok(username, password))
            return _next_method(connection) == _TUNE
    except (OSError, EOFError):
        return False


def epmd_answers(host: str, port: int, *, timeout: float = 1.0) -> bool:
    try:
        with socket.create_connection((host, port), timeout=timeout) as connection:
            connection.sendall(_NAMES_REQUEST)
            return _read(connection, 4) == struct.pack(">I", port)
    except (OSError, EOFError):
        return False


def _start_ok(username: str, password: str) -> bytes:
    response = b"\x00" + username.encode() + b"\x00" + password.encode()
    arguments = (
        struct.pack(">I", 0)  # no client properties
        + _short_string(b"PLAIN")
        + struct.pack(">I", len(response))
        + response
        + _short_string(b"en_US")
    )
    payload = struct.pack(">HH", *_START_OK) + arguments
    return struct.pack(">BHI", _METHOD_FRAME, 0, len(payload)) + payload + _FRAME_END


def _short_string(text: bytes) -> bytes:
    return struct.pack(">B", len(text)) + text


def _next_method(connection: socket.socket) -> tuple[int, int] | None:
    """Class and method of the next frame; None when it is not a method, as a refused protocol header is."""
    kind, _, size = struct.unpack(">BHI", _read(connection, 7))
    if kind != _METHOD_FRAME:
        return None
    payload = _read(connection, size + len(_FRAME_END))
    class_id, method_id = struct.unpack(">HH", payload[:4])
    return class_id, method_id


def _read(connection: socket.socket, size: int) -> bytes:
    read = b""
    while len(read) < size:
        part = connection.recv(size - len(read))
        if not part:
            raise EOFError
        read += part
    return read
