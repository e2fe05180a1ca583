#!/usr/bin/env python3
"""Draws a sprig of wattle and writes the icons of every system. Needs nothing but Python; run it, commit what it writes."""
import math
import pathlib
import struct
import zlib

HERE = pathlib.Path(__file__).parent
GREEN, STEM, LEAF, GOLD, LIGHT = (31, 77, 58), (127, 178, 138), (92, 154, 108), (245, 185, 33), (255, 217, 90)
# On a square of side 1: blossoms and their bright middles (x, y, radius), leaves (two ends, half width).
BLOSSOMS = [(.60, .30, .145), (.40, .44, .115), (.79, .43, .105)]
LEAVES = [((.34, .76), (.17, .46), .055), ((.47, .64), (.84, .62), .055)]
CURVE = [(.22, .84), (.40, .76), (.62, .58), (.78, .24)]


def bezier(t):
    u = 1 - t
    weights = (u ** 3, 3 * u * u * t, 3 * u * t * t, t ** 3)
    return tuple(sum(w * p[axis] for w, p in zip(weights, CURVE)) for axis in (0, 1))


POINTS = [bezier(i / 96) for i in range(97)]


def shapes(x, y):
    """(colour, signed distance) from back to front; inside is negative."""
    dx, dy = abs(x - .5) - .29, abs(y - .5) - .29
    yield GREEN, math.hypot(max(dx, 0), max(dy, 0)) + min(max(dx, dy), 0) - .18
    yield STEM, min(math.hypot(x - px, y - py) for px, py in POINTS) - .022
    for (ax, ay), (bx, by), half in LEAVES:
        long = math.hypot(bx - ax, by - ay)
        ux, uy = (bx - ax) / long, (by - ay) / long
        along, across = (x - ax) * ux + (y - ay) * uy, abs(uy * (x - ax) - ux * (y - ay))
        radius = (long * long / 4 + half * half) / (2 * half)
        yield LEAF, math.hypot(along - long / 2, across + radius - half) - radius
    for cx, cy, radius in BLOSSOMS:
        away, angle = math.hypot(x - cx, y - cy), math.atan2(y - cy, x - cx)
        yield GOLD, away - radius * (1 + .06 * math.cos(14 * angle))
        yield LIGHT, math.hypot(x - cx + .02, y - cy + .025) - radius * .5


def png(size, name=None):
    rows = bytearray()
    for j in range(size):
        rows.append(0)
        for i in range(size):
            red = green = blue = alpha = 0.0
            for (r, g, b), distance in shapes((i + .5) / size, (j + .5) / size):
                cover = min(max(.5 - distance * size, 0), 1)
                if cover:
                    red, green, blue = (old + (new - old) * cover if alpha else new
                                        for old, new in ((red, r), (green, g), (blue, b)))
                    alpha += (1 - alpha) * cover
            rows += bytes((round(red), round(green), round(blue), round(alpha * 255)))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    made = (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(bytes(rows), 9)) + chunk(b"IEND", b""))
    if name:
        (HERE / name).write_bytes(made)
    return made


png(32, "32x32.png")
png(128, "128x128.png")
png(256, "128x128@2x.png")
png(512, "icon.png")

# ICO: a header, a directory entry per picture (0 stands for 256), the pictures.
pictures = [(size, png(size)) for size in (16, 24, 32, 48, 64, 256)]
at = 6 + 16 * len(pictures)
directory, body = b"", b""
for size, data in pictures:
    directory += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(data), at + len(body))
    body += data
(HERE / "icon.ico").write_bytes(struct.pack("<HHH", 0, 1, len(pictures)) + directory + body)

# ICNS: 'icns', the length of all, then type, length, PNG for each.
body = b"".join(kind + struct.pack(">I", len(data) + 8) + data
                for kind, data in ((b"ic07", png(128)), (b"ic08", png(256)), (b"ic09", png(512))))
(HERE / "icon.icns").write_bytes(b"icns" + struct.pack(">I", len(body) + 8) + body)
