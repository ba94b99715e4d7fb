"""Column headers as people write them, mapped to the contract's paths. Nothing is dropped silently."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from funnel.batch.rows import excerpt, excerpts
from funnel.errors import MappingError, SourceError

PATHS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "id": ("id", "complaint_id", "ticket_id", "case_id", "投诉编号", "投诉单号", "工单号", "工单编号", "编号", "单号", "序号", "投诉id", "案件编号", "complaint no", "complaint number", "case no", "ticket no", "投诉号", "工单id"),
        "received_at": ("received_at", "created_at", "complaint_time", "date", "投诉时间", "投诉日期", "提交时间", "创建时间", "受理时间", "接收时间", "反馈时间", "时间", "日期", "complaint date", "date received", "received date", "date of complaint", "received on", "收到投诉时间", "投诉提交时间"),
        "channel": ("channel", "source", "渠道", "投诉渠道", "来源", "投诉来源", "受理渠道"),
        "text": ("text", "content", "complaint", "description", "message", "body", "投诉内容", "问题描述", "详情", "投诉详情", "内容", "正文", "描述", "投诉描述", "诉求内容", "反馈内容", "评价内容", "评论", "投诉原文", "问题", "complaint text", "complaint content", "complaint description", "complaint details", "complaint body", "投诉正文", "投诉文本", "投诉说明", "投诉情况", "问题详情", "诉求描述", "反馈详情"),
        "platform": ("platform", "平台", "投诉平台", "购物平台", "交易平台"),
        "claims": ("claims", "claim", "诉求", "用户诉求", "消费者诉求", "投诉诉求", "投诉要求", "诉求类型"),
        "claimed_amount": ("claimed_amount", "claim_amount", "索赔金额", "涉诉金额", "诉求金额", "要求赔偿金额", "涉案金额"),
        "consumer.id": ("consumer.id", "consumer_id", "user_id", "customer_id", "用户id", "用户编号", "会员号", "消费者id", "消费者编号", "买家id", "客户编号"),
        "consumer.age": ("consumer.age", "age", "年龄", "消费者年龄"),
        "consumer.region": ("consumer.region", "region", "province", "city", "地区", "省份", "城市", "消费者地区", "所在地"),
        "consumer.prior_complaints": ("consumer.prior_complaints", "prior_complaints", "历史投诉次数", "此前投诉次数", "投诉次数"),
        "merchant.id": ("merchant.id", "merchant_id", "shop_id", "seller_id", "商家id", "店铺id", "商家编号", "店铺编号", "卖家id"),
        "merchant.name": ("merchant.name", "merchant", "merchant_name", "shop", "shop_name", "seller", "商家", "商家名称", "店铺", "店铺名称", "被投诉商家", "被投诉方", "投诉对象", "卖家", "商户", "商户名称", "被投诉企业", "店铺名", "商家名", "被投诉店铺", "被投诉单位"),
        "merchant.self_operated": ("merchant.self_operated", "self_operated", "是否自营", "自营"),
        "merchant.credit": ("merchant.credit", "credit", "商家信用", "信用等级"),
        "order.id": ("order.id", "order_id", "order_no", "order_number", "订单号", "订单编号", "订单id", "订单号码"),
        "order.kind": ("order.kind", "order_kind", "交易类型", "订单类型", "商品性质"),
        "order.category": ("order.category", "category", "商品类别代码", "类目代码"),
        "order.category_text": ("order.category_text", "category_text", "product", "goods", "商品类目", "品类", "类目", "商品类别", "商品", "商品名称", "商品分类", "产品", "product name", "product category"),
        "order.price": ("order.price", "price", "unit_price", "单价", "商品价格", "商品单价", "价格", "售价"),
        "order.quantity": ("order.quantity", "quantity", "qty", "数量", "购买数量", "件数", "商品数量"),
        "order.total_paid": ("order.total_paid", "total_paid", "amount", "paid_amount", "实付金额", "订单金额", "实付款", "实付", "支付金额", "付款金额", "实际支付", "交易金额", "实付总额", "实付总金额", "订单总额", "amount paid"),
        "order.paid_at": ("order.paid_at", "paid_at", "payment_time", "付款时间", "支付时间", "付款日期", "payment date", "paid on", "date paid"),
        "order.ship_by": ("order.ship_by", "ship_by", "承诺发货时间", "最晚发货时间", "约定发货时间", "预计发货时间", "承诺发货日"),
        "order.shipped_at": ("order.shipped_at", "shipped_at", "发货时间", "发货日期", "实际发货时间", "ship date", "shipped on", "shipping date", "dispatch date", "dispatched on"),
        "order.delivered_at": ("order.delivered_at", "delivered_at", "送达时间", "妥投时间", "送达日期", "delivery date", "delivered on", "date delivered"),
        "order.signed_at": ("order.signed_at", "signed_at", "签收时间", "收货时间", "签收日期", "收货日期", "确认收货时间"),
        "order.cancelled_at": ("order.cancelled_at", "cancelled_at", "取消时间", "取消日期", "订单取消时间"),
    }
)  # fmt: skip
"""Contract paths and the headers that mean them."""

ORDERED = ("order_time", "ordered_at", "order date", "purchase date", "下单时间", "下单日期", "购买时间", "购买日期")
"""Headers of the day on which something was ordered. Whoever orders need not have paid, so that it is no record of a payment:
the column is passed through, and whoever knows that his orders are paid as they are placed says so with ``--map``."""

_PAID = ("price", "paid")
_BACK = ("退", "赔", "索", "补偿", "refund", "return", "claim", "compensat")
"""Words of sums that are asked or given back: such a column is no record of what was paid."""
_BRACKETS = re.compile(r"[（(\[【].*?[)）\]】]")
_TWIN = re.compile(r" \([0-9]+\)$")
_NOISE = re.compile(r"[\s_\-/:：*.]+")


def normal(header: str) -> str:
    """A header without case, width, spaces, punctuation and units in brackets."""
    text = unicodedata.normalize("NFKC", header).strip().lower()
    stripped = _BRACKETS.sub("", text).strip() or text
    return _NOISE.sub("", stripped)


def twin(header: str, number: int) -> str:
    """What the second (third, …) column with the same header is called."""
    return f"{header} ({number})"


def _first_of(header: str) -> str:
    """The header that a column was numbered for standing under again; itself, where it was not."""
    return _TWIN.sub("", header)


@dataclass(frozen=True, slots=True)
class UnknownHeader:
    """A header that is not understood; its column is passed through."""

    header: str
    suggestion: str | None


@dataclass(frozen=True, slots=True)
class HeaderMap:
    """What each header means.

    Attributes:
        paths: Header to contract path (``facts.X`` for facts).
        unknown: Headers that are not understood, with the nearest one that is.
    """

    paths: Mapping[str, str]
    unknown: tuple[UnknownHeader, ...]


class HeaderReader:
    """Maps headers. Built once a batch.

    Args:
        fact_names: Names of facts that a column ``facts.NAME`` or ``NAME`` may fill.
        fact_labels: Labels of facts, in any language, to their names.
        mapping: The user's own mapping of headers to paths; it goes before everything else.
    """

    def __init__(
        self,
        fact_names: Iterable[str] = (),
        fact_labels: Mapping[str, str] | None = None,
        mapping: Mapping[str, str] | None = None,
    ) -> None:
        self._facts = frozenset(fact_names)
        self._known = {normal(word): path for path, words in PATHS.items() for word in words}
        self._ordered = frozenset(map(normal, ORDERED))
        self._labels = {normal(label): f"facts.{name}" for label, name in (fact_labels or {}).items()}
        self._own = dict(mapping or {})
        for header, path in self._own.items():
            self._check_path(header, path)
        self.passed = frozenset(path.removeprefix("extra.") for path in self._own.values() if path.startswith("extra."))
        """Names that the user asked to be passed through; not to be reported as not understood."""

    @property
    def mapping(self) -> Mapping[str, str]:
        """The user's own mapping."""
        return MappingProxyType(self._own)

    def _check_path(self, header: str, path: str) -> None:
        fact = path.removeprefix("facts.")
        if path in PATHS or (path.startswith("facts.") and fact in self._facts) or path.startswith("extra."):
            return
        near = difflib.get_close_matches(path, [*PATHS, *(f"facts.{name}" for name in self._facts)], n=1)
        zh, en = (f"；是不是 {near[0]}？", f"; did you mean {near[0]!r}?") if near else ("", "")
        raise MappingError(
            f"“{header}={path}”：没有“{path}”这个字段{zh}", f"{header!r}={path!r}: there is no such field{en}"
        )

    def table(self, headers: Sequence[str]) -> HeaderMap:
        """Map the headers of a table.

        Raises:
            MappingError: A header of the user's mapping is not in the file, or two headers mean the same: two columns with one
                header, too, where that means something. Those that nobody needs are both passed through.
            SourceError: A header stands twice in a file that numbers none (Parquet).
        """
        for header in self._own:
            if header not in headers:
                near = difflib.get_close_matches(header, headers, n=1, cutoff=0.4)
                name = excerpt(near[0]) if near else ""
                zh, en = (f"；是不是“{name}”？", f"; did you mean {name!r}?") if near else ("", "")
                raise MappingError(
                    f"文件里没有“{header}”这一列{zh}（现有：{excerpts(headers)}）",
                    f"there is no column {header!r}{en} (columns: {excerpts(headers)})",
                )
        paths: dict[str, str] = {}
        taken: dict[str, str] = {}
        unknown = []
        for header in headers:
            if header in paths:
                shown = excerpt(header)
                raise SourceError(f"表头“{shown}”出现两次，改掉一个", f"the header {shown!r} stands twice; rename one")
            path = self.path(header)
            if path is None and _first_of(header) in paths:  # what the user says of a header, he says of both
                path = self.path(_first_of(header))
                path = None if path is None or path.startswith("extra.") else path
            if path is None:
                unknown.append(UnknownHeader(header, self.suggest(header)))
                path = f"extra.{header}"
            elif path in taken:
                raise MappingError(  # headers that are understood are no personal data
                    f"“{taken[path]}”和“{header}”都表示 {path}；用 --map 说明其中一个，例如 --map '{header}=extra.{header}'",
                    f"{taken[path]!r} and {header!r} both mean {path}; say with --map what one of them is, such as --map '{header}=extra.{header}'",
                )
            taken[path] = header
            paths[header] = path
        return HeaderMap(MappingProxyType(paths), tuple(unknown))

    def makes_complaints(self, headers: Iterable[str]) -> bool:
        """Whether a table with these headers has a column for a complaint's text or facts."""
        return any(path == "text" or path.startswith("facts.") for path in map(self.path, headers) if path is not None)

    def path(self, header: str) -> str | None:
        """The contract path of a header, if it is understood."""
        if header in self._own:
            return self._own[header]
        if header.startswith("facts.") and header.removeprefix("facts.") in self._facts:
            return header
        word = normal(header)
        if word in self._known:
            return self._known[word]
        if header in self._facts:
            return f"facts.{header}"
        return self._labels.get(word)

    def suggest(self, header: str) -> str | None:
        """The field whose name is nearest, if any is near; never one of what was paid for what is asked or given back."""
        if normal(header) in self._ordered:
            return "order.paid_at"
        path = self._nearest(normal(header))
        paid = path is not None and any(word in path for word in _PAID)
        return None if paid and any(word in header.lower() for word in _BACK) else path

    def _nearest(self, word: str) -> str | None:
        near = difflib.get_close_matches(word, [*self._known, *self._labels], n=1, cutoff=0.6)
        if near:
            return self._known.get(near[0]) or self._labels[near[0]]
        inside = [known for known in self._known if len(known) > 1 and known in word]
        return self._known[max(inside, key=len)] if inside else None


def parse_pairs(pairs: Iterable[str]) -> dict[str, str]:
    """``--map 头=path`` options.

    Raises:
        MappingError: An option has no ``=``.
    """
    found = {}
    for pair in pairs:
        header, equals, path = pair.rpartition("=")
        if not equals or not header.strip() or not path.strip():
            raise MappingError(
                f"“{pair}”：写成 --map 表头=字段，例如 --map 投诉正文=text",
                f"{pair!r}: write it as --map HEADER=FIELD, such as --map Story=text",
            )
        found[header.strip()] = path.strip()
    return found
