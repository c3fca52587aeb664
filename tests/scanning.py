"""QR codes, read by another program than made them: zbar."""

import subprocess


def read_codes(image: bytes) -> list[str]:
    """The texts of the codes in an image; none where there is no code, or none that can be read."""
    decode = ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", "-"]
    return subprocess.run(decode, input=image, capture_output=True, check=False).stdout.decode().splitlines()
