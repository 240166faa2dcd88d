# SPDX-License-Identifier: MIT
"""PDF documents for tests, of the standard library alone: filings in Chinese and English, scans, damaged and hostile ones."""

import zlib

A4 = (595, 842)
SIZE = 12


def stream(data, extra="", pack=True):
    data = data if isinstance(data, bytes) else data.encode("latin-1")
    if pack:
        data, extra = zlib.compress(data), extra + "/Filter/FlateDecode"
    return f"<<{extra}/Length {len(data)}>>stream\n".encode() + data + b"\nendstream"


def document(objects, trailer=""):
    """The bytes of a file: objects 1, 2, …, the first of them the catalogue."""
    out, offsets = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + (body if isinstance(body, bytes) else body.encode("latin-1")) + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += f"trailer<</Size {len(objects) + 1}/Root 1 0 R{trailer}>>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def unicode_map(characters):
    """A ToUnicode map of glyphs 1, 2, … to the characters."""
    lines = [f"<{n:04x}> <{c.encode('utf-16-be').hex()}>" for n, c in enumerate(characters, 1)]
    blocks = [lines[i:i + 100] for i in range(0, len(lines), 100)]
    return ("/CIDInit/ProcSet findresource begin 12 dict begin begincmap/CMapName/T def/CMapType 2 def\n"
            "1 begincodespacerange <0000> <ffff> endcodespacerange\n" +
            "".join(f"{len(b)} beginbfchar\n" + "\n".join(b) + "\nendbfchar\n" for b in blocks) +
            "endcmap end end\n")


def width(text):
    return sum(1 if ord(c) > 0x2E7F else 0.5 for c in text) * SIZE


def placed(line):
    """(x, text): a line is a string after its indentation in half-width spaces, or a list of cells (x, text)."""
    if isinstance(line, str):
        bare = line.lstrip(" ")
        return [(72 + (len(line) - len(bare)) * SIZE / 2, bare)] if bare else []
    return [(72 + x, text) for x, text in line]


def filing(pages, to_unicode=True, title=None, locked=False, top=760):
    """A document of pages, each a list of lines (see placed()). `to_unicode` False: its glyphs do not say what they are.
    `title`: what the document's own information says, as bytes. `locked`: it wants a password."""
    characters = sorted({c for page in pages for line in page for _, text in placed(line) for c in text})
    glyph = {c: n for n, c in enumerate(characters, 1)}
    widths = " ".join(str(1000 if ord(c) > 0x2E7F else 500) for c in characters)
    n = len(pages)
    kids = " ".join(f"{6 + 2 * i} 0 R" for i in range(n))
    objects = ["<</Type/Catalog/Pages 2 0 R>>", f"<</Type/Pages/Kids[{kids}]/Count {n}>>",
               "<</Type/Font/Subtype/Type0/BaseFont/AAAAAA+Song/Encoding/Identity-H/DescendantFonts[4 0 R]" +
               ("/ToUnicode 5 0 R" if to_unicode else "") + ">>",
               "<</Type/Font/Subtype/CIDFontType2/BaseFont/AAAAAA+Song/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
               f"/DW 1000/W[1[{widths}]]/FontDescriptor<</Type/FontDescriptor/FontName/AAAAAA+Song/Flags 4/FontBBox[0 -200 1000 900]"
               "/ItalicAngle 0/Ascent 880/Descent -120/CapHeight 700/StemV 80>>>>",
               stream(unicode_map(characters))]
    for i, page in enumerate(pages):
        text, y = [], top
        for line in page:
            for x, words in placed(line):
                text.append(f"BT /F {SIZE} Tf 1 0 0 1 {x:g} {y} Tm <{''.join(f'{glyph[c]:04x}' for c in words)}> Tj ET")
            y -= 20
        objects.append(f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {A4[0]} {A4[1]}]/Contents {7 + 2 * i} 0 R/Resources<</Font<</F 3 0 R>>>>>>")
        objects.append(stream("\n".join(text)))
    trailer = ""
    if title:
        objects.append(f"<</Title<{title.hex()}>>>")
        trailer = f"/Info {len(objects)} 0 R"
    if locked:
        objects.append(f"<</Filter/Standard/V 1/R 2/P -44/O<{'00' * 32}>/U<{'11' * 32}>>>")
        trailer += f"/Encrypt {len(objects)} 0 R/ID[<00><00>]"
    return document(objects, trailer)


def drawn(content, extra="", more=()):
    """A document of one page with such a content stream; further objects are numbered from 7."""
    return document(["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
                     f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {A4[0]} {A4[1]}]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>{extra}>>>>",
                     stream(content), "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
                     stream(bytes(64), "/Type/XObject/Subtype/Image/Width 8/Height 8/ColorSpace/DeviceGray/BitsPerComponent 8"), *more])


def scan(pages):
    """Pictures of pages, and nothing else."""
    return drawn(f"q {A4[0]} 0 0 {A4[1]} 0 0 cm /I Do Q\n" * pages, "/XObject<</I 6 0 R>>")


def bomb(size):
    """A small document whose page unfolds to so many bytes."""
    return drawn(b" " * size)


def endless():
    """Twelve forms that each draw the next one ten times."""
    form = "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X {} 0 R>>>>"
    return drawn("/X Do", "/XObject<</X 7 0 R>>", [stream("/X Do " * 10, form.format(n + 1)) for n in range(7, 19)])
