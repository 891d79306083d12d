"""The structure of the code in numbers, from its own imports, read by grimp.

For each folder: its rooms (modules and folders in it), the arrows between them, how many floors
they stand on, and the circles among them; for single modules the circles of the whole program.
Imports for types only count too: a reader follows them as well.

    python benchmarks/house.py            # of this checkout
    PYTHONPATH=OTHER python benchmarks/house.py
"""

from __future__ import annotations

from collections import defaultdict
from graphlib import TopologicalSorter

import grimp
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Arrows = dict[str, set[str]]


def rooms_of(folder: str, imports: Arrows) -> Arrows:
    """Return room -> rooms that it imports, of the modules and folders right in ``folder``."""
    prefix = folder + "."

    def room(module: str) -> str | None:
        rest = module.removeprefix(prefix)
        return rest.split(".")[0] if rest != module else None

    rooms: Arrows = defaultdict(set)
    for importer, imported in imports.items():
        here = room(importer)
        if here is None:
            continue
        there = {room(each) for each in imported} - {None, here}
        rooms[here] |= {each for each in there if each is not None}
    return rooms


def circles(arrows: Arrows) -> list[list[str]]:
    """Return the groups of rooms each of which can be reached from every other of its group."""
    names = sorted(arrows)
    index = {name: i for i, name in enumerate(names)}
    edges = [(index[a], index[b]) for a in names for b in arrows[a]]
    rows, columns = zip(*edges, strict=True) if edges else ((), ())
    graph = coo_array((np.ones(len(edges)), (rows, columns)), shape=(len(names),) * 2)
    _n, label_of = connected_components(graph, connection="strong")
    groups = defaultdict(list)
    for name, label in zip(names, label_of, strict=True):
        groups[label].append(name)
    return [group for group in groups.values() if len(group) > 1]


def n_floors(arrows: Arrows, groups: list[list[str]]) -> int:
    """Return the length of the longest way down; a circle is one floor."""
    one_of = {name: group[0] for group in groups for name in group}
    below: Arrows = defaultdict(set)
    for name, imported in arrows.items():
        lower = {one_of.get(each, each) for each in imported} - {one_of.get(name, name)}
        below[one_of.get(name, name)] |= lower
    floor: dict[str, int] = {}
    for name in TopologicalSorter(below).static_order():
        floor[name] = 1 + max((floor[each] for each in below.get(name, ())), default=0)
    return max(floor.values(), default=0)


def main() -> None:
    graph = grimp.build_graph("facedex", cache_dir=None)
    imports = {
        module: set(graph.find_modules_directly_imported_by(module)) for module in graph.modules
    }
    folders = sorted(module for module in graph.modules if graph.find_children(module))
    print("folder                            rooms  arrows  floors  circles")
    for folder in folders:
        arrows = rooms_of(folder, imports)
        groups = circles(arrows)
        n_arrows = sum(len(each) for each in arrows.values())
        print(
            f"{folder:<32}{len(arrows):>7}{n_arrows:>8}{n_floors(arrows, groups):>8}"
            f"{len(groups):>9}"
        )
        for group in groups:
            print("    circle: " + ", ".join(group))
    groups = circles({module: imports[module] & imports.keys() for module in imports})
    print(f"\n{len(imports)} modules; circles of single modules: {len(groups)}")
    for group in groups:
        print("  " + ", ".join(each.removeprefix("facedex.") for each in group))


if __name__ == "__main__":
    main()
