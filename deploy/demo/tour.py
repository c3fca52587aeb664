"""What a newcomer needs for a walk through the pages: addresses, accounts, and what to press, in both languages."""

from collections.abc import Mapping
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from deploy.demo.accounts import CASEWORKER, Accounts, name_of
from deploy.demo.nodes import NodeProcess
from deploy.demo.people import LUXIAN, ZHONGSHAN
from transfer.crypto.directory import Directory
from transfer.domain.rights import Role

_STEPS: Final = (
    (
        "{zhongshan}/apply",
        "Apply as a worker; no account is needed. Note the code.",
        "以劳动者身份申请，无需账户；请记下查询码。",
    ),
    (
        "{zhongshan}/mailbox",
        "Sign in as caseworker, open the application, take it in as a case.",
        "以 caseworker 登录，打开来件，收案。",
    ),
    ("", "Press: Offer the case to another region, to Luxian 510521.", "点击“转交”，受送机构选 510521 泸县。"),
    (
        "{luxian}/cases",
        "As caseworker sign for the offer; as approver, in a private window, accept it.",
        "以 caseworker 签收；另开无痕窗口以 approver 接受。",
    ),
    ("{zhongshan}/status", "As the worker again: where is my case?", "再以劳动者身份，凭查询码查询案件到了哪里。"),
    (
        "{luxian}/audit",
        "As auditor: trace the case, take its proofs away.",
        "以 auditor 登录，查看案件全程，下载证明。",
    ),
    (
        "{luxian}/operations",
        "As system-administrator: links, queues, keys, clocks.",
        "以 system-administrator 查看运行。",
    ),
)


def show_tour(out: Console, nodes: Mapping[str, NodeProcess], directory: Directory, accounts: Accounts) -> None:
    """Printed once; the password is kept nowhere else."""
    out.rule("to look at · 请看")
    for region, node in nodes.items():
        out.print(f"{region} {directory.by_code[region].name_zh} {node.api.url}", soft_wrap=True)
    people = Table(box=box.SIMPLE_HEAD, title="ready accounts, the same logins in every region · 各地现成账户")
    for head in ("login", "角色", *(f"{region} {directory.by_code[region].name_zh}" for region in nodes)):
        people.add_column(head, no_wrap=True)
    for login in (CASEWORKER, *Role):
        said = "several 兼任" if login == CASEWORKER else Role(login).zh
        people.add_row(login, said, *(name_of(region, login) for region in nodes))
    out.print(people)
    out.print(f"password of all · 密码: [bold]{accounts.password}[/bold]")
    out.print("No second factor is asked for in the demo · 演示环境不要求第二因素")
    places = {"zhongshan": nodes[ZHONGSHAN].api.url, "luxian": nodes[LUXIAN].api.url}
    for number, (place, en, zh) in enumerate(_STEPS, start=1):
        out.print(f"{number}. {place.format_map(places)} {en}".replace("  ", " "), soft_wrap=True, markup=False)
        out.print(f"   {zh}", soft_wrap=True, markup=False)
