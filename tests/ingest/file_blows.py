"""Blows to a file after it is written: single records, encodings, the file as a whole."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.ingest import tiny
from tests.ingest.blows import Damage, key_of


def _records(path: Path) -> list[bytes]:
    """Return the records of a CSV file as it stands, header first (a quoted value may span lines)."""
    records, buffer = [], b""
    for line in path.read_bytes().splitlines(keepends=True):
        buffer += line
        if buffer.count(b'"') % 2 == 0 and buffer.endswith(b"\n"):
            records.append(buffer)
            buffer = b""
    return [*records, buffer] if buffer else records


def _touch_record(damage: Damage, file: str, header: bytes, record: bytes) -> None:
    names = next(csv.reader([header.decode(errors="replace").lstrip("\ufeff").strip()]), [])
    try:
        cells = next(csv.reader(io.StringIO(record.decode(errors="replace"), newline="")), [])
        damage.touched.add((file, key_of(file, [name.strip() for name in names], cells)))
    except (ValueError, IndexError, csv.Error):
        damage.touch_all(file)  # a second blow to the same place: nothing can be said of this file


def _on_records(blow: Callable[[Random, list[bytes], int], int]) -> Callable[[Random, Damage, Path], None]:
    """Return a blow to one record: ``blow`` changes the list at a place and says how many it reached."""

    def strike(rng: Random, damage: Damage, path: Path) -> None:
        records = _records(path)
        if len(records) < 2:
            return
        at = rng.randrange(1, len(records))
        before = list(records)
        reached = blow(rng, records, at)
        for record in before[at : at + reached]:
            _touch_record(damage, path.stem, before[0], record)
        path.write_bytes(b"".join(records))

    strike.__name__ = blow.__name__
    return strike


def _insert(rng: Random, records: list[bytes], at: int, some: bytes) -> int:
    place = rng.randrange(len(records[at]))
    records[at] = records[at][:place] + some + records[at][place:]
    return 1


def too_short(rng: Random, records: list[bytes], at: int) -> int:
    records[at] = records[at].rpartition(b",")[0] + b"\n"
    return 1


def too_long(rng: Random, records: list[bytes], at: int) -> int:
    records[at] = records[at].rstrip(b"\r\n") + rng.choice((b",", b",extra", b",,,")) + b"\n"
    return 1


def stray_quote(rng: Random, records: list[bytes], at: int) -> int:
    return _insert(rng, records, at, b'"')


def stray_quote_before_value(rng: Random, records: list[bytes], at: int) -> int:
    parts = records[at].split(b",")
    place = rng.randrange(len(parts))
    parts[place] = b'"' + parts[place]
    records[at] = b",".join(parts)
    return 1


def stray_byte(rng: Random, records: list[bytes], at: int) -> int:
    return _insert(rng, records, at, rng.choice((b"\xe9", b"\xff", b"\0", b"\xc3", b"\x1a", b"\x80\x80")))


def line_break(rng: Random, records: list[bytes], at: int) -> int:
    return _insert(rng, records, at, rng.choice((b"\n", b"\r\n", b"\r", b"\n\n")))


def lost_line_break(rng: Random, records: list[bytes], at: int) -> int:
    records[at] = records[at].rstrip(b"\r\n")
    return 2


def noise(rng: Random, records: list[bytes], at: int) -> int:
    letters = bytes(set(range(256)) - set(b"0123456789\n"))
    size = rng.randrange(1, 12)
    place = rng.randrange(len(records[at]))
    some = bytes(rng.choices(letters, k=size))
    records[at] = (records[at][:place] + some + records[at][place + size :]).rstrip(b"\n") + b"\n"
    return 1


def blank_line(rng: Random, records: list[bytes], at: int) -> int:
    records.insert(at, rng.choice((b"\n", b"\r\n", b"\n\n\n")))
    return 0


def foreign_line(rng: Random, records: list[bytes], at: int) -> int:
    records.insert(
        at, rng.choice((b"total: 99\n", b"---\n", b'"\n', b"\xff\xd8\xff\n", b",,,,,,,\n", b"\0\0\0\n"))
    )
    return 0


def crlf(rng: Random, damage: Damage, path: Path) -> None:
    path.write_bytes(b"".join(r.removesuffix(b"\n").removesuffix(b"\r") + b"\r\n" for r in _records(path)))


def byte_order_mark(rng: Random, damage: Damage, path: Path) -> None:
    data = path.read_bytes()
    if not data.startswith(b"\xef\xbb\xbf"):
        path.write_bytes(b"\xef\xbb\xbf" + data)


def no_last_line_break(rng: Random, damage: Damage, path: Path) -> None:
    path.write_bytes(path.read_bytes().rstrip(b"\r\n"))


def quote_all(rng: Random, damage: Damage, path: Path) -> None:
    if damage.touched or damage.may_refuse:
        return
    tiny.write_csv(damage.sheets[path.stem], path, quote_all=True)


def latin1(rng: Random, damage: Damage, path: Path) -> None:
    records = _records(path)
    for record in records[1:]:
        if not record.isascii():
            _touch_record(damage, path.stem, records[0], record)
    path.write_bytes(path.read_bytes().decode(errors="replace").encode("latin-1", errors="replace"))


def cut_short(rng: Random, damage: Damage, path: Path) -> None:
    data = path.read_bytes()
    damage.touch_all(path.stem)
    path.write_bytes(data[: rng.randrange(len(data) + 1)])


def header_only(rng: Random, damage: Damage, path: Path) -> None:
    damage.touch_all(path.stem)
    path.write_bytes(_records(path)[0])


def utf16(rng: Random, damage: Damage, path: Path) -> None:
    damage.touch_all(path.stem)
    path.write_bytes(path.read_bytes().decode(errors="replace").encode(rng.choice(("utf-16", "utf-16-le"))))


def semicolons(rng: Random, damage: Damage, path: Path) -> None:
    damage.touch_all(path.stem)
    path.write_bytes(path.read_bytes().replace(b",", b";"))


def old_mac(rng: Random, damage: Damage, path: Path) -> None:
    damage.touch_all(path.stem)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r"))


def damaged_header(rng: Random, damage: Damage, path: Path) -> None:
    damage.touch_all(path.stem)
    records = _records(path)
    if records:
        blow = rng.choice((b"\n", b'"', b"\xff", b"\0", b",", b";"))
        place = rng.randrange(len(records[0]))
        records[0] = records[0][:place] + blow + records[0][place:]
        path.write_bytes(b"".join(records))


def doubled_header_name(rng: Random, damage: Damage, path: Path) -> None:
    damage.touch_all(path.stem)
    header, _, rest = path.read_bytes().partition(b"\n")
    names = header.split(b",")
    names[rng.randrange(len(names))] = rng.choice(names)
    path.write_bytes(b",".join(names) + b"\n" + rest)


def empty(rng: Random, damage: Damage, path: Path) -> None:
    damage.touch_all(path.stem)
    path.write_bytes(b"")


def gone(rng: Random, damage: Damage, path: Path) -> None:
    damage.touch_all(path.stem)
    path.unlink()


def folder_instead(rng: Random, damage: Damage, path: Path) -> None:
    damage.touch_all(path.stem)
    path.unlink()
    path.mkdir()


def zipped(rng: Random, damage: Damage, path: Path) -> None:
    damage.touch_all(path.stem)
    path.write_bytes(gzip.compress(path.read_bytes(), mtime=0))


def binary(rng: Random, damage: Damage, path: Path) -> None:
    damage.touch_all(path.stem)
    path.write_bytes(rng.randbytes(rng.randrange(1, 4000)))


def flipped_bytes(rng: Random, damage: Damage, path: Path) -> None:
    damage.touch_all(path.stem)
    data = bytearray(path.read_bytes())
    for _ in range(rng.randrange(1, 20) if data else 0):
        data[rng.randrange(len(data))] = rng.randrange(256)
    path.write_bytes(data)


def other_table(rng: Random, damage: Damage, path: Path) -> None:
    damage.touch_all(path.stem)
    other = rng.choice(sorted(p for p in path.parent.iterdir() if p.is_file()))
    path.write_bytes(other.read_bytes())


def both_formats(rng: Random, damage: Damage, path: Path) -> None:
    damage.touch_all(path.stem)
    other = path.with_suffix(".parquet" if damage.fmt == "csv" else ".csv")
    other.write_bytes(path.read_bytes())


_ANY_FILE: list[Callable[[Random, Damage, Path], None]] = [
    *(cut_short, empty, gone, folder_instead, zipped, binary, flipped_bytes, other_table, both_formats)
]
_ON_RECORDS = (
    *(too_short, too_long, stray_quote, stray_quote_before_value, stray_byte, line_break),
    *(lost_line_break, noise, blank_line, foreign_line),
)
FILE_BLOWS: dict[str, list[Callable[[Random, Damage, Path], None]]] = {
    "csv": [
        *(_on_records(blow) for blow in _ON_RECORDS * 6),
        *(crlf, byte_order_mark, no_last_line_break, quote_all, latin1, header_only, utf16, semicolons),
        *(old_mac, damaged_header, doubled_header_name, *_ANY_FILE),
    ],
    "parquet": _ANY_FILE,
}
