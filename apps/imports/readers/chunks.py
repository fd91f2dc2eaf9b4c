"""Bytes as they arrive: counted, and unpacked where they are gzip."""

import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Protocol

CHUNK = 256 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP = 16 + zlib.MAX_WBITS


class BrokenOff(Exception):
    """The file ends before it should. What came before it is good."""


class Unreadable(Exception):
    """Not a file of the stated kind."""


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def stream_chunks(stream: Readable, *, expected: int | None = None) -> Iterator[bytes]:
    """Chunks until the stream ends. Raises BrokenOff when it fails, or ends before `expected` bytes."""
    arrived = 0
    while True:
        try:
            chunk = stream.read(CHUNK)
        except OSError as error:
            raise BrokenOff("The upload was cut off.") from error
        if not chunk:
            break
        arrived += len(chunk)
        yield chunk
    if expected is not None and arrived < expected:
        raise BrokenOff(f"The upload was cut off: {arrived} of {expected} bytes arrived.")


@contextmanager
def laid_down(chunks: Iterator[bytes]) -> Iterator[Iterator[bytes]]:
    """The same chunks, from a file of its own, once all have arrived. What broke off breaks off there again."""
    with tempfile.TemporaryFile() as file:
        cut = ""
        try:
            for chunk in chunks:
                file.write(chunk)
        except BrokenOff as error:
            cut = str(error)
        file.seek(0)
        yield file_chunks(file, cut=cut)


def file_chunks(file: IO[bytes], *, cut: str = "") -> Iterator[bytes]:
    """Chunks of a file on disk. Raises BrokenOff at the end of one that is `cut` there, which says why."""
    yield from stream_chunks(file)
    if cut:
        raise BrokenOff(cut)


def plain_chunks(chunks: Iterator[bytes], *, gzipped: bool, limit: int) -> Iterator[bytes]:
    """The file's own bytes: unpacked when it is gzip by its first two bytes, else as they are.

    Raises Unreadable when it was said to be gzip and is not, BrokenOff past `limit` bytes or when
    the packed file ends too early.
    """
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= len(_GZIP_MAGIC):
            break
    if head[:2] == _GZIP_MAGIC:
        yield from _bounded(_unpacked(head, chunks), limit)
    elif gzipped and head:
        raise Unreadable("The file is said to be gzip, but it is not.")
    else:
        yield from _bounded(_following(head, chunks), limit)


def _following(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from chunks


def _bounded(chunks: Iterator[bytes], limit: int) -> Iterator[bytes]:
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > limit:
            raise BrokenOff(f"The file holds more than {limit} bytes; send it in parts.")
        yield chunk


def _unpacked(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Gzip, member after member. No step yields more than a chunk, so a bomb meets the limit first."""
    unpack = zlib.decompressobj(_GZIP)
    for packed in _following(head, chunks):
        rest = packed
        while rest:
            if unpack.eof:
                if not rest.lstrip(b"\0"):  # padding after the last member
                    break
                unpack = zlib.decompressobj(_GZIP)
            try:
                plain = unpack.decompress(rest, CHUNK)
            except zlib.error as error:
                raise BrokenOff(f"The gzip data is damaged: {error}.") from error
            rest = unpack.unused_data if unpack.eof else unpack.unconsumed_tail
            if plain:
                yield plain
    if not unpack.eof:
        raise BrokenOff("The gzip file is cut off: its end is missing.")
