"""Regions by their GB/T 2260 codes: who is superior to whom, and who names the competent one."""

from collections.abc import Collection


def superiors(region: str) -> tuple[str, ...]:
    """The superiors of a region, nearest first: prefecture, then province. Counts digits only, so that a city
    without counties (442000) and a code that was retired have superiors too."""
    prefecture, province = f"{region[:4]}00", f"{region[:2]}0000"
    return tuple(code for code in dict.fromkeys((prefecture, province)) if code != region)


def province_of(region: str) -> str:
    """The province, autonomous region or municipality that a region belongs to."""
    return f"{region[:2]}0000"


def designators(sender: str, receiver: str, present: Collection[str]) -> frozenset[str]:
    """Who together names the competent region: the nearest common superior that is on the exchange; between
    provinces both provincial regions. Empty when one that is needed is not on the exchange."""
    theirs = set(superiors(receiver))
    common = next((code for code in superiors(sender) if code in theirs and code in present), None)
    if common is not None:
        return frozenset({common})
    provinces = frozenset({province_of(sender), province_of(receiver)})
    return provinces if provinces <= set(present) else frozenset()
