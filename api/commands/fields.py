"""What a row of each noun holds, for every door: one readable table of fields with labels, parsers and what is required.

Import, GraphQL mutations and forms all clean their values here, so that a rule stands once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from api.access import Actor
from api.commands import cells as read
from api.commands.cells import MOST_COUNT, UNKNOWN, Parser, day_begin, nearest
from api.errors import Invalid
from api.masks import MASK
from api.settings import settings
from policies.vocabulary import RATINGS
from schema.formats import half_width, normalise_email, normalise_landline, normalise_mobile, normalise_uscc

STATUS = read.choice(
    {"potential": "潜在 潜在客户", "intent": "意向 意向客户", "active": "合作中 合作", "lost": "流失 已流失"}
)
ROLE = read.choice(
    {"decision_maker": "决策者 决策人", "influencer": "影响者", "user": "使用者", "gatekeeper": "把关者 守门人"}
)
URGENCY = read.choice({"high": "高 紧急", "medium": "中 一般", "low": "低 长期"})
INTERACTION = read.choice(
    {"visit": "拜访 走访", "call": "电话 通话", "mail": "邮件", "event": "活动 展会", "web": "网站 官网 网页"}
)
SERVICE = read.choice(
    {"consult": "咨询", "complaint": "投诉", "visit": "上门 拜访 回访", "technical_support": "技术支持 维修 报修"}
)
STATE = read.choice(
    {"open": "待处理 未处理", "agreed": "已定措施", "in_progress": "处理中 进行中", "done": "已完成",
     "verified": "已验证", "reopened": "重新打开"}
)  # fmt: skip
WORD = read.choice({word.name: word.zh for word in RATINGS})


@dataclass(frozen=True)
class Field:
    """One field: its canonical column name, labels, parser, and other headers under which files carry it.

    ``parse`` is None for a date and time, whose parser depends on the zone.  ``column`` is the table's column where it
    has another name; ``refers`` is the noun whose key the field holds.  ``personal`` values, which some roles see masked, are never kept in a report.
    A day alone is its first instant, or its last where the field is ``late``.  An empty cell says nothing of a ``kept``
    field: a row keeps what it has.
    """

    name: str
    zh: str
    en: str
    parse: Parser | None
    required: bool = False
    also: str = ""
    default: object = None
    column: str = ""
    refers: str = ""
    personal: bool = False
    late: bool = False
    kept: bool = False

    def parser(self, zone: ZoneInfo) -> Parser:
        """Return the parser of the field's text."""
        return self.parse or read.moment(zone, self.late)

    @property
    def target(self) -> str:
        """Return the column of the table."""
        return self.column or self.name


@dataclass(frozen=True)
class Noun:
    """An importable noun: its fields, the field that says when it happened, and pairs of which the first comes first.

    ``early`` nouns may be known before they happen: a contract is signed before it starts.
    """

    name: str
    zh: str
    fields: tuple[Field, ...]
    event: str = ""
    early: bool = False
    ordered: tuple[tuple[str, str], ...] = ()

    def field(self, name: str) -> Field | None:
        """Return a field by its canonical name."""
        return self._named.get(name)

    @cached_property
    def personal(self) -> bool:
        """Whether some roles see a field of it masked."""
        return any(field.personal for field in self.fields)

    @cached_property
    def _named(self) -> dict[str, Field]:
        return {field.name: field for field in self.fields}

    def headers(self) -> dict[str, str]:
        """Return canonical names by every header, in lower case, under which a file may carry them."""
        return {
            fold(header): field.name
            for field in self.fields
            for header in (field.name, field.zh, field.en, *field.also.split())
        }


def fold(header: str) -> str:
    """Return a header as it is compared: half-width, lower case, words joined by one underscore."""
    return "_".join(half_width(header).lower().replace("_", " ").rstrip("* ").split())


KEY = Field("source_key", "来源编号", "key", read.text(120), required=True, also="id 编号")
OWNED = Field("customer_key", "客户编号", "customer key", read.text(120), required=True, also="customer_id 客户来源编号",
              column="customer_id", refers="customers")  # fmt: skip
KNOWN = Field("known_at", "获知时间", "known at", None, late=True)


def _noun(name: str, zh: str, *fields: Field, event: str = "", early: bool = False, ordered: str = "") -> Noun:
    pairs = tuple((first, later) for first, _, later in (pair.partition("<") for pair in ordered.split()))
    return Noun(name, zh, (*fields, KNOWN), event, early, pairs)


F = Field
# In the order in which a folder is imported: what others refer to comes first.
NOUNS: dict[str, Noun] = {noun.name: noun for noun in (
    _noun("customers", "客户",
        F("source_key", "客户编号", "key", read.text(120), required=True, also="id 编号 来源编号 customer_key customer_id"),
        F("name", "公司全称", "company name", read.company_name, required=True, also="公司名称 客户名称 企业名称 全称"),
        F("short_name", "简称", "short name", read.text(100), also="公司简称"),
        F("uscc", "统一社会信用代码", "unified social credit code", normalise_uscc, also="信用代码"),
        F("industry_code", "行业代码", "industry code", read.industry, also="行业 国民经济行业代码"),
        F("region_code", "地区代码", "region code", read.region, also="地区 所在地区 行政区划代码"),
        F("address", "注册地址", "registered address", read.text(300), also="地址 公司地址"),
        F("founded_on", "成立日期", "founding date", read.day, also="成立时间"),
        F("employees", "员工人数", "employees", read.whole(0, MOST_COUNT), also="员工数 人数"),
        F("annual_revenue", "年营业额", "annual revenue", read.money, also="年营业收入 年收入"),
        F("registered_capital", "注册资本", "registered capital", read.money, also="注册资金"),
        F("source_channel", "客户来源", "source channel", read.text(60), also="来源渠道 来源"),
        F("referrer_key", "推荐人编号", "referrer key", read.text(120), also="推荐客户编号", column="referrer_id", refers="customers"),
        F("first_contact_on", "首次联系日期", "first contact date", read.day, also="首次联系时间 首次接触日期"),
        F("owner", "负责人", "owner", read.text(100), also="客户经理 归属人", column="owner_id", refers="users"),
        F("department", "所属部门", "department", read.text(60), also="部门"),
        F("status", "客户状态", "customer status", STATUS, also="状态", kept=True),
        F("status_since", "状态起始日期", "status since", read.day, also="状态日期"),
        event="first_contact_on", early=True),
    _noun("contacts", "联系人", KEY, OWNED,
        F("name", "姓名", "name", read.text(100), required=True, also="联系人 联系人姓名", personal=True),
        F("title", "职务", "job title", read.text(100), also="职位"),
        F("mobile", "手机", "mobile", normalise_mobile, also="手机号 手机号码 移动电话", personal=True),
        F("landline", "座机", "landline", normalise_landline, also="固定电话 电话", personal=True),
        F("email", "电子邮箱", "e-mail", normalise_email, also="邮箱 电子邮件", personal=True),
        F("role", "决策角色", "role", ROLE, also="角色"),
        F("is_primary", "主要联系人", "primary", read.yes_no, also="是否主要联系人 首要联系人", default=False)),
    _noun("contracts", "合同", KEY, OWNED,
        F("title", "合同名称", "title", read.text(200)),
        F("amount", "合同金额", "amount", read.money, also="金额"),
        F("starts_on", "开始日期", "start date", read.day, required=True, also="生效日期"),
        F("ends_on", "结束日期", "end date", read.day, also="到期日期"),
        F("renewal_of", "续签自", "renewal of", read.text(120), also="原合同编号", column="renewal_of_id", refers="contracts"),
        event="starts_on", early=True, ordered="starts_on<ends_on"),
    _noun("orders", "订单", F("source_key", "订单编号", "key", read.text(120), required=True, also="id 编号 来源编号 order_id 订单号"), OWNED,
        F("ordered_on", "下单日期", "order date", read.day, required=True, also="订单日期 日期"),
        F("amount", "金额", "amount", read.money, also="订单金额"),
        F("profit", "利润", "profit", read.any_money, also="毛利"),
        F("currency", "币种", "currency", read.currency, default="CNY"),
        F("product_line", "产品线", "product line", read.text(60)),
        F("payment_due_on", "应付日期", "payment due date", read.day, also="应收日期 付款到期日"),
        F("paid_on", "付款日期", "payment date", read.day, also="实付日期 回款日期"),
        F("paid_known_at", "付款获知时间", "payment known at", None, late=True),
        event="ordered_on", ordered="paid_on<paid_known_at"),
    _noun("order_lines", "订单明细", KEY,
        F("order_key", "订单编号", "order key", read.text(120), required=True, also="order_id 订单号", column="order_id", refers="orders"),
        F("product", "产品", "product", read.text(120), also="产品名称 商品"),
        F("product_line", "产品线", "product line", read.text(60)),
        F("quantity", "数量", "quantity", read.whole(0, MOST_COUNT)),
        F("unit_price", "单价", "unit price", read.money),
        F("discount", "折扣率", "discount", read.ratio, default=0),
        F("amount", "金额", "amount", read.money, also="小计")),
    _noun("interactions", "互动记录", KEY, OWNED,
        F("happened_at", "发生时间", "time", None, required=True, also="时间 沟通时间 日期"),
        F("kind", "互动方式", "kind", INTERACTION, required=True, also="类型 方式"),
        F("summary", "内容", "summary", read.text(None), also="沟通内容 摘要", personal=True),
        F("by", "记录人", "by", read.text(60), also="跟进人"),
        event="happened_at"),
    _noun("service_records", "服务记录", KEY, OWNED,
        F("opened_at", "受理时间", "opened at", None, required=True, also="提出时间 日期"),
        F("kind", "服务类型", "kind", SERVICE, required=True, also="类型"),
        F("problem", "问题", "problem", read.text(None), also="问题描述", personal=True),
        F("result", "处理结果", "result", read.text(None), also="结果", personal=True),
        F("served_by", "服务人员", "served by", read.text(60), also="处理人"),
        F("closed_at", "完成时间", "closed at", None, also="办结时间", late=True),
        F("satisfaction", "满意度", "satisfaction", read.whole(1, 5), also="满意度评分"),
        event="opened_at", ordered="opened_at<closed_at"),
    _noun("surveys", "满意度调查", KEY, OWNED,
        F("surveyed_on", "调查日期", "survey date", read.day, required=True, also="日期"),
        F("score", "评分", "score", read.whole(1, 5), required=True, also="满意度 得分"),
        F("comment", "意见", "comment", read.text(None), also="备注", personal=True),
        event="surveyed_on"),
    _noun("needs", "需求", KEY, OWNED,
        F("kind", "需求类型", "kind", read.text(60), required=True, also="类型"),
        F("description", "需求描述", "description", read.text(None), also="描述", personal=True),
        F("budget_min", "预算下限", "least budget", read.money),
        F("budget_max", "预算上限", "most budget", read.money, also="预算"),
        F("wanted_on", "期望日期", "wanted date", read.day, also="期望时间"),
        F("urgency", "紧急程度", "urgency", URGENCY, also="紧急度"),
        F("source", "需求来源", "source", read.text(60), also="来源"),
        ordered="budget_min<budget_max"),
    _noun("tags", "标签", KEY, OWNED,
        F("dimension", "维度", "dimension", read.text(60), required=True, also="标签维度"),
        F("tag", "标签", "tag", read.text(100), required=True, also="标签名称")),
    _noun("assessments", "评分", KEY, OWNED,
        F("word", "指标", "word", WORD, required=True),
        F("rating", "评分", "rating", read.whole(0, 10), required=True, also="得分"),
        F("proposed_by", "提议人", "proposed by", read.text(60)),
        F("settled_by", "评定人", "settled by", read.text(60)),
        F("reason", "理由", "reason", read.text(None), also="原因", personal=True),
        F("assessed_on", "评定日期", "assessment date", read.day, required=True, also="日期"),
        F("valid_until", "有效期至", "valid until", read.day, required=True),
        event="assessed_on", ordered="assessed_on<valid_until"),
    _noun("status_changes", "状态变更", KEY, OWNED,
        F("status", "客户状态", "customer status", STATUS, required=True, also="状态"),
        F("reason", "原因", "reason", read.text(None), also="变更原因", personal=True),
        F("changed_on", "变更日期", "date of change", read.day, required=True, also="日期"),
        event="changed_on"),
    _noun("improvements", "反馈改进", KEY, OWNED,
        F("reported_on", "反馈日期", "date reported", read.day, required=True, also="日期"),
        F("problem", "问题", "problem", read.text(None), required=True, also="反馈问题 问题描述", personal=True),
        F("service_step", "服务环节", "service step", read.text(60), also="环节"),
        F("measure", "改进措施", "measure", read.text(None), also="措施", personal=True),
        F("responsible", "责任人", "responsible", read.text(60)),
        F("due_on", "完成期限", "due date", read.day, also="期限"),
        F("state", "状态", "state", STATE, default="open"),
        event="reported_on", ordered="reported_on<due_on"),
)}  # fmt: skip


def clean(noun: str, values: Mapping[str, object], *, partial: bool = False) -> dict[str, object]:
    """Return the values of one row in normal form, by canonical name; Invalid names the field, the value and the cure.

    Values may be text or typed (Decimal, date, aware datetime, int, bool, enum).  Empty text, 待确认 and None are unknown:
    None, or the field's default; a ``kept`` field is left out.  ``partial`` lets required fields be absent, never empty.  Keys and references to other
    rows (``source_key``, ``customer_key`` …) are the import's; a door that knows ids leaves them out.
    """
    shape, zone = NOUNS[noun], ZoneInfo(settings().zone)
    cleaned, problems = read_values(shape, values, zone, partial=partial)
    problems = problems or [(name, f"{name}: {problem}.") for name, problem in disagreements(shape, cleaned, zone)]
    if problems:
        raise Invalid(problems[0][1])
    return cleaned


def read_values(
    shape: Noun, values: Mapping[str, object], zone: ZoneInfo, *, partial: bool = False
) -> tuple[dict[str, object], list[tuple[str, str]]]:
    """Return the values that can be read, in normal form, and (field, sentence) for each that cannot or is missing."""
    cleaned: dict[str, object] = {}
    problems = []
    for name, value in values.items():
        field = shape.field(name)
        if field is None:
            known = [field.name for field in shape.fields]
            raise Invalid(f"{shape.name} has no field {name!r}{nearest(name, known)}; choose among {', '.join(known)}.")
        try:
            found = parse_cell(field, as_text(value), field.parser(zone))
        except ValueError as error:
            problems.append((name, f"{name} ({field.zh}): {error}."))
            continue
        if found is not None or not field.kept:
            cleaned[name] = found
    for field in shape.fields:
        needed = field.required and not field.refers and field.name not in ("source_key", *values)
        if needed and not partial:
            problems.append((field.name, f"{field.name} ({field.zh}) is missing; a row of {shape.name} needs it."))
    return cleaned, problems


def masks_among(actor: Actor, noun: str, values: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return (field, sentence) for each value that is a mask as the actor sees it: written back, it would replace what it hides."""
    if actor.sees_all:
        return []
    names = [field.name for field in NOUNS[noun].fields if field.personal and MASK in str(values.get(field.name, ""))]
    return [
        (name, f"{name} holds {MASK}, as your roles see what is hidden; leave {name} out, or give all of it.")
        for name in names
    ]


def as_text(value: object) -> str:
    """Return a typed value as the text that its parser reads."""
    if isinstance(value, Enum):
        value = value.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):  # 1e999999999 written out would fill the memory
        return f"{value:f}" if value.is_finite() and abs(value.adjusted()) < 40 else str(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def parse_cell(field: Field, cell: str, parse: Parser) -> object:
    """Return the value of one cell; ValueError when it is refused: not valid, a formula, or required and empty."""
    cell = cell.strip()
    if cell in UNKNOWN:
        if field.required:
            raise ValueError(f"{cell!r} is empty; a row needs it")
        return field.default
    if cell[0] in "=@":
        raise ValueError(f"{cell[:60]!r} is a formula; give its value as text")
    return parse(cell)


def disagreements(noun: Noun, values: Mapping[str, object], zone: ZoneInfo) -> list[tuple[str, str]]:
    """Return (field, problem) for values of one row that cannot be true together."""
    pairs = noun.ordered
    if not noun.early and noun.event:
        pairs = (*pairs, (noun.event, "known_at"))
    found = []
    for first, later in pairs:
        low, high = values.get(first), values.get(later)
        if low is None or high is None:
            continue
        if _comparable(high, low, zone) < _comparable(low, high, zone):
            relation = "comes before" if isinstance(low, date) else "is less than"
            found.append((later, f"{as_text(high)!r} {relation} {first} {as_text(low)!r}; correct one of them"))
    return found


def _comparable(value: object, other: object, zone: ZoneInfo) -> Any:
    """Return the value, a day beside an instant as the day's first instant."""
    mixed = isinstance(other, datetime) and isinstance(value, date) and not isinstance(value, datetime)
    return day_begin(value, zone) if mixed and isinstance(value, date) else value
