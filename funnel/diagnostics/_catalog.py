"""Every diagnostic code: severity, message and way out, in Chinese and English. `docs/codes/` has a page for each.

F1xx YAML and its traps; F2xx shape of a file; F3xx names; F4xx law; F5xx meaning of rules; F6xx scenario tests.
Codes are never reused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True, slots=True)
class Entry:
    """Texts of one code. Blanks in braces are filled by the finding."""

    severity: Literal["error", "warning"]
    zh: str
    en: str
    help_zh: str
    help_en: str

    def message(self, lang: str) -> str:
        """The message template in ``lang``."""
        return self.en if lang == "en" else self.zh

    def help(self, lang: str) -> str:
        """The way-out template in ``lang``."""
        return self.help_en if lang == "en" else self.help_zh


def _e(zh: str, en: str, help_zh: str, help_en: str) -> Entry:
    return Entry("error", zh, en, help_zh, help_en)


def _w(zh: str, en: str, help_zh: str, help_en: str) -> Entry:
    return Entry("warning", zh, en, help_zh, help_en)


CATALOG: Mapping[str, Entry] = MappingProxyType(
    {
        # --- F1xx: YAML and its traps ---
        "F100": _e(
            "YAML 写法有误：{detail_zh}",
            "this is not valid YAML: {detail}",
            "检查这一行及上一行的缩进、引号和括号是否成对",
            "check the indentation, quotes and brackets of this line and the one above",
        ),
        "F101": _e(
            "键“{key}”重复出现",
            "the key “{key}” appears twice",
            "同一层每个键只能写一次；删去一个，或把内容并到一处",
            "a key may stand once at its level; remove one or merge the two",
        ),
        "F102": _e(
            "不支持锚点和别名（& 与 *）",
            "anchors and aliases (& and *) are not supported",
            "把内容直接写出来",
            "write the content out in full",
        ),
        "F103": _e(
            "不支持合并键 <<",
            "the merge key << is not supported",
            "把要合并的内容直接写出来",
            "write the merged content out in full",
        ),
        "F104": _e(
            "不支持 YAML 标签“{tag}”",
            "YAML tags such as “{tag}” are not supported",
            "去掉标签，只写值本身",
            "remove the tag and write the value itself",
        ),
        "F105": _e(
            "缩进里有制表符(Tab)",
            "there is a tab in the indentation",
            "改用空格缩进，每层两个空格",
            "indent with spaces, two a level",
        ),
        "F106": _e(
            "缩进里有全角空格(U+3000)或其他特殊空格",
            "there is a full-width space (U+3000) or another special space in the indentation",
            "改用普通的半角空格",
            "use ordinary spaces",
        ),
        "F107": _e(
            "键“{key}”后面是全角冒号“：”",
            "the key “{key}” is followed by a full-width colon",
            "改成半角冒号加一个空格，例如 {key}: …",
            "use an ASCII colon and a space: {key}: …",
        ),
        "F108": _e(
            "“{value}”在 YAML 里有歧义（会被当成真假值）",
            "“{value}” is ambiguous in YAML (it is read as true or false)",
            '要真假值就写 true 或 false；要文字就加引号，例如 "{value}"',
            'write true or false; if the word is meant, quote it: "{value}"',
        ),
        "F109": _e(
            "“{value}”以 0 开头，容易被当成八进制数",
            "“{value}” has a leading zero and may be read as octal",
            '要数字就去掉开头的 0；要文字就加引号，例如 "{value}"',
            'drop the leading zero; if text is meant, quote it: "{value}"',
        ),
        "F110": _e(
            "“{value}”没有引号，会被当成六十进制数",
            "“{value}” without quotes is read as a base-60 number",
            '加引号，例如 "{value}"；时长写成 12h 或 7d',
            'quote it: "{value}"; write durations as 12h or 7d',
        ),
        "F111": _e(
            "值后面的“ #”会把后面的内容变成注释，被悄悄丢掉",
            "“ #” after a value turns the rest into a comment, which is lost silently",
            "要写注释：# 前空两格、后空一格；要写文字：把整个值加引号",
            "for a comment put two spaces before # and one after; for text, quote the whole value",
        ),
        "F112": _e(
            "日期“{value}”不存在",
            "the date “{value}” does not exist",
            "写成真实的日期，例如 2026-11-20",
            "write a real date, such as 2026-11-20",
        ),
        "F113": _e(
            "一个文件里有多份文档(---)",
            "there are several documents in one file (---)",
            "每份内容单独放一个文件",
            "give each its own file",
        ),
        "F114": _e(
            "文件过大（{size} 字节，上限 {limit} 字节）",
            "the file is too large ({size} bytes; the limit is {limit})",
            "拆成几个文件",
            "split it into several files",
        ),
        "F115": _e(
            "嵌套过深（上限 {limit} 层）",
            "nesting is too deep (the limit is {limit} levels)",
            "减少嵌套层数",
            "flatten it",
        ),
        "F116": _e(
            "文件不是 UTF-8 编码（第 {byte} 字节起读不出）",
            "the file is not UTF-8 (unreadable from byte {byte})",
            "用编辑器另存为 UTF-8",
            "save it as UTF-8 in your editor",
        ),
        "F117": _e(
            "文件含有不可见的控制字符({char})",
            "the file has a control character ({char})",
            "删去这个字符",
            "remove that character",
        ),
        "F118": _e(
            "文件是空的",
            "the file is empty",
            "第一行写 funnel: 1，再写内容",
            "begin with funnel: 1 and add the content",
        ),
        "F119": _e(
            "内容过多（上限 {limit} 个节点）",
            "there is too much in this file (the limit is {limit} nodes)",
            "拆成几个文件",
            "split it into several files",
        ),
        "F120": _e(
            "逗号把文字截断了，“{text}”成了另一个键",
            "a comma cut the text in two; “{text}” became a key of its own",
            "在 {{ }} 里，文字含有半角逗号时要整个加引号",
            "inside {{ }} quote a text that has a comma",
        ),
        "F121": _e(
            "{{ }} 或 [ ] 里的文字含有括号、引号或逗号，YAML 读不下去",
            "a text inside {{ }} or [ ] has brackets, quotes or commas that YAML cannot read",
            '把整段文字加引号，例如 {{zh: "退还 {{price_paid}} 元"}}',
            'quote the whole text, as in {{en: "refund {{price_paid}} yuan"}}',
        ),
        "F122": _e(
            "文字以 {{…}} 开头，YAML 把它当成了键值对",
            "the text begins with {{…}}, which YAML takes for a mapping",
            '把整条加引号，例如 - "{{商家}}…不给退"',
            'quote the whole of it, as in - "{{list}}…words"',
        ),
        "F123": _e(
            "这里应当是规则，文件里写的却是{kind_zh}",
            "a rule is expected here, and this file holds {kind_en}",
            "移到 {where}",
            "move it to {where}",
        ),
        "F124": _e(
            "“{sign}”是全角的，YAML 把它当成文字，这里要半角的 {half}",
            "“{sign}” is full-width, which YAML takes for a letter; the ASCII {half} is wanted here",
            "改成半角的 {half}（成对的符号两边都改）；它要是文字的一部分，用半角双引号把整段文字括起来",
            "write the ASCII {half} (both, where there are two); if it belongs to a text, put ASCII double quotes around the whole of it",
        ),
        "F125": _e(
            "键“{key}”的冒号后面没有空格，YAML 不当它是键",
            "there is no space behind the colon of “{key}”, so that YAML takes it for no key",
            "写成 {key}: {value}",
            "write {key}: {value}",
        ),
        "F126": _w(
            "这个文件没有读：名字不以 .yaml 结尾",
            "this file is not read: its name does not end in .yaml",
            "属于规则包就改名为 {name}（记事本存盘时“保存类型”选“所有文件”），不属于就移到别处",
            "if it belongs to the pack, rename it to {name}; if not, move it elsewhere",
        ),
        "F127": _e(
            "“{name}”不是规则包里的文件夹，里面的文件没有读",
            "“{name}” is no folder of a pack; the files in it are not read",
            "{near_zh}规则放在用小写英文命名的文件夹里（编号 = 文件夹.文件名），事实放 vocabulary/，短语放 signals/，法条放 statutes/",
            "{near_en}rules go to folders named in small letters (the id is folder.file), facts to vocabulary/, phrases to signals/, law to statutes/",
        ),
        # --- F2xx: shape ---
        "F201": _e(
            "不认识的字段“{key}”",
            "the field “{key}” is not known here",
            "这里可以写：{known}。{near_zh}",
            "known here: {known}. {near_en}",
        ),
        "F202": _e(
            "缺少必填的字段“{key}”",
            "the field “{key}” is missing",
            "补上 {key}: …",
            "add {key}: …",
        ),
        "F203": _e(
            "这里应当是{expected_zh}，却是{found_zh}",
            "expected {expected_en} here, found {found_en}",
            "例如 {example}",
            "for example {example}",
        ),
        "F204": _e(
            "“{value}”不是可选的值",
            "“{value}” is not one of the choices",
            "可选：{known}。{near_zh}",
            "choices: {known}. {near_en}",
        ),
        "F205": _e(
            "funnel 格式版本“{value}”不受支持",
            "format version “{value}” is not supported",
            "写 funnel: 1",
            "write funnel: 1",
        ),
        "F206": _e(
            "“{value}”不是{expected_zh}",
            "“{value}” is not {expected_en}",
            "例如 {example}",
            "for example {example}",
        ),
        "F207": _e(
            "编号“{value}”与文件位置不符，应为“{expected}”",
            "the id “{value}” does not match the file's place; expected “{expected}”",
            "改编号，或移动文件：编号 = 目录.文件名",
            "change the id or move the file: the id is folder.file",
        ),
        "F208": _e(
            "“{value}”不在允许的范围 {low} 至 {high} 之内",
            "“{value}” is outside the range {low} to {high}",
            "检查数值和单位",
            "check the figure and its unit",
        ),
        "F209": _w(
            "缺少英文文字(en)",
            "there is no English text (en)",
            "补上 en；缺少时英文界面会显示中文",
            "add en; without it the Chinese text is shown",
        ),
        # --- F3xx: names ---
        "F301": _e(
            "事实“{name}”没有在词表里声明",
            "the fact “{name}” is not declared in the vocabulary",
            "在 vocabulary/ 里声明它。{near_zh}",
            "declare it in vocabulary/. {near_en}",
        ),
        "F302": _e(
            "信号“{name}”没有定义",
            "the signal “{name}” is not defined",
            "在 signals/ 里定义它。{near_zh}",
            "define it in signals/. {near_en}",
        ),
        "F303": _e(
            "“{name}”重复定义",
            "“{name}” is defined twice",
            "每个名字只能定义一次；删去一处或改名",
            "a name may be defined once; remove one or rename it",
        ),
        "F304": _e(
            "“{value}”不是事实“{fact}”可以取的值",
            "“{value}” is not a value of the fact “{fact}”",
            "可取：{known}。{near_zh}",
            "values: {known}. {near_en}",
        ),
        "F305": _e(
            "事实“{fact}”是{type_zh}，不能用“{test}”",
            "the fact “{fact}” is {type_en}; the test “{test}” does not apply",
            "可用：{known}",
            "tests that apply: {known}",
        ),
        "F306": _e(
            "规则“{name}”不存在",
            "there is no rule “{name}”",
            "检查编号。{near_zh}",
            "check the id. {near_en}",
        ),
        "F307": _e(
            "参数“{name}”没有在法规登记表里声明",
            "the parameter “{name}” is not declared in the register",
            "在 statutes 的 parameters 里声明它。{near_zh}",
            "declare it under parameters in the register. {near_en}",
        ),
        "F308": _e(
            "词组“{name}”没有定义",
            "the word list “{name}” is not defined",
            "在 signals/ 的 words 里定义它。{near_zh}",
            "define it under words in signals/. {near_en}",
        ),
        "F309": _e(
            "去向“{name}”没有定义",
            "the forum “{name}” is not defined",
            "在 forums.yaml 里定义它。{near_zh}",
            "define it in forums.yaml. {near_en}",
        ),
        "F310": _e(
            "派生函数“{name}”不存在",
            "there is no derived function “{name}”",
            "可用：{known}。{near_zh}",
            "functions: {known}. {near_en}",
        ),
        "F311": _e(
            "派生事实互相依赖成环：{cycle}",
            "derived facts depend on each other in a circle: {cycle}",
            "断开其中一处",
            "break the circle at one place",
        ),
        "F312": _e(
            "共用条件“{name}”没有定义",
            "the named condition “{name}” is not defined",
            "在 conditions.yaml 里定义它，或把条件写出来。{near_zh}",
            "define it in conditions.yaml, or write the condition out. {near_en}",
        ),
        "F313": _e(
            "共用条件互相引用成环：{cycle}",
            "named conditions name each other in a circle: {cycle}",
            "把其中一处写成不引用别的条件",
            "write one of them out, so that it names none of the others",
        ),
        "F314": _e(
            "共用条件“{name}”和一个事实同名，读的人分不清说的是哪一个",
            "the named condition “{name}” has the name of a fact; a reader cannot tell which is meant",
            "换一个说明情形的名字，例如 {name}_case",
            "give it a name that says what is the case, such as {name}_case",
        ),
        "F315": _e(
            "“{name}”是条件里用的词，事实叫这个名字，条件里就写不出它",
            "“{name}” is a word of conditions; a fact of that name cannot be written in one",
            "给事实换一个名字，例如 {name}_given",
            "give the fact another name, such as {name}_given",
        ),
        "F316": _e(
            "共用条件写出来太大：到“{name}”这一处，这个文件已超过 {limit} 个判断",
            "named conditions are too large when written out: with “{name}” here, the file is past {limit} tests",
            "少用条件套条件，或把它改小",
            "nest fewer conditions in each other, or make this one smaller",
        ),
        # --- F4xx: law ---
        "F401": _e(
            "引用“{citation}”的法规不在登记表里",
            "the statute of “{citation}” is not in the register",
            "在 statutes.yaml 里登记它。{near_zh}",
            "register it in statutes.yaml. {near_en}",
        ),
        "F402": _e(
            "登记表里没有条文“{citation}”",
            "the article “{citation}” is not in the register",
            "核对条号，登记了哪些条用 funnel law show {statute} 看；确有此条就在登记表里补上",
            "check the number; funnel law show {statute} lists what is registered; if it exists, register it",
        ),
        "F403": _e(
            "条文“{citation}”在 {on} 不是有效的法律",
            "the article “{citation}” was not in force on {on}",
            "改引当日有效的版本，或检查登记表的有效期",
            "cite the version in force that day or check the register's windows",
        ),
        "F404": _w(
            "规则核对于 {reviewed}，而“{citation}”的最新版本自 {since} 起施行",
            "the rule was reviewed on {reviewed}; the newest version of “{citation}” is in force since {since}",
            "对照新条文复核规则，再更新 reviewed",
            "hold the rule against the new text, then update reviewed",
        ),
        "F405": _e(
            "“{citation}”只有二手来源（verified: false），不能支撑自动结案",
            "“{citation}” is known second-hand only (verified: false) and cannot carry a settlement",
            "核对原文后改 verified，或把它只用于 strategy",
            "verify the text and set verified, or let it support the strategy only",
        ),
        "F406": _e(
            "引用“{citation}”写法有误",
            "the citation “{citation}” is malformed",
            "写成 法规id/条号，例如 cpl/25 或 cpl@2013/25",
            "write statute/article, such as cpl/25 or cpl@2013/25",
        ),
        "F407": _e(
            "“{citation}”已被“{by}”取代",
            "“{citation}” has been superseded by “{by}”",
            "改引新规定",
            "cite the new one",
        ),
        "F408": _e(
            "版本的有效期重叠或颠倒：{detail}",
            "the windows of versions overlap or are reversed: {detail}",
            "有效期写成前闭后开：上一版的 until 等于下一版的 from",
            "windows are half-open: the earlier version's until is the later one's from",
        ),
        "F409": _e(
            "facts_since 是 {since}，不早于这一版施行的 {start}：从施行那天起的事本来就归它管",
            "facts_since is {since}, not before this version's first day {start}: what happened from then on it governs anyway",
            "写早于 from 的那一天；多早的事都适用的，不写 facts_since",
            "write a day before from, or no facts_since where it reaches facts of any age",
        ),
        # --- F5xx: meaning ---
        "F501": _e(
            "overrides 成环：{cycle}",
            "overrides form a circle: {cycle}",
            "去掉其中一条 overrides",
            "remove one of the overrides",
        ),
        "F502": _e(
            "“{kind}”永远不能由机器结案",
            "“{kind}” is never settled by a machine",
            "移到 refer.considers，由人工斟酌",
            "move it to refer.considers, for a human to weigh",
        ),
        "F503": _e(
            "结案金额用到了惩罚性参数“{name}”",
            "the settlement uses the punitive parameter “{name}”",
            "惩罚性赔偿只能写在 refer.considers",
            "punitive damages belong in refer.considers",
        ),
        "F504": _e(
            "金额算式有误：{detail}",
            "the formula is wrong: {detail}",
            "只能用金额与整数事实、param.名称、+ - * / 和 larger()、smaller()",
            "use money and integer facts, param.NAME, + - * / and larger(), smaller()",
        ),
        "F505": _e(
            "缺少必须的关口：{missing}",
            "required gates are missing: {missing}",
            "在 gates.yaml 里补上 covers 为这些值的关口",
            "add gates in gates.yaml that cover them",
        ),
        "F506": _e(
            "短语写法有误：{detail}",
            "the phrase is malformed: {detail}",
            "( | ) 写几种说法，… 或 <数字> 写间隔，{{词组}} 引用词组",
            "( | ) gives alternatives, … or <number> a gap, {{list}} a word list",
        ),
        "F507": _e(
            "短语展开后过多（{count} 种，上限 {limit}）",
            "the phrase expands to too many forms ({count}; the limit is {limit})",
            "拆成几条短语，或减少 ( | ) 里的说法",
            "split it or use fewer alternatives",
        ),
        "F508": _e(
            "短语太短（“{phrase}”），容易误中",
            "the phrase “{phrase}” is too short and will match by accident",
            "至少写两个字",
            "write at least two characters",
        ),
        "F509": _e(
            "文字里的“{{{name}}}”不是已声明的事实或参数",
            "“{{{name}}}” in this text is not a declared fact or parameter",
            "用事实名或 param.名称。{near_zh}",
            "use a fact's name or param.NAME. {near_en}",
        ),
        "F510": _w(
            "识别条件用到了开放事实“{fact}”；它未知时，本规则会妨碍其他规则结案",
            "recognition uses the open fact “{fact}”; while it is unknown this rule keeps others from settling",
            "改用 raised 事实、信号或订单记录里的事实",
            "use raised facts, signals or facts of the order record",
        ),
        "F511": _w(
            "要件用到的事实“{fact}”没有人可以回答（ask 为 nobody）",
            "nobody can supply the fact “{fact}” that the rule needs (ask is nobody)",
            "在词表里写明 ask 和 question",
            "set ask and question in the vocabulary",
        ),
        "F512": _e(
            "事实“{fact}”可以问消费者或商家，却没有问题文字",
            "the fact “{fact}” may be asked but has no question text",
            "补上 question: {{zh: …, en: …}}",
            "add question: {{zh: …, en: …}}",
        ),
        "F513": _e(
            "推定值没有写依据",
            "a presumption needs its basis",
            "写 basis: 条文 或 why: 理由",
            "add basis: ARTICLE or why: a reason",
        ),
        "F514": _e(
            "raised 事实“{fact}”没有写理由(why)",
            "the raised fact “{fact}” has no reason (why)",
            "写明为什么“没提到就算没有”",
            "say why not raised means false",
        ),
        "F515": _e(
            "能自动结案的规则没有引用任何支撑 {part} 的条文",
            "a rule that settles cites no article that supports its {part}",
            "在 basis 里补上 supports: [{part}]",
            "add one to basis with supports: [{part}]",
        ),
        "F516": _e(
            "“{name}”是金额，金额之间不能相乘或相除",
            "“{name}” is money; money cannot be multiplied or divided by money",
            "乘以整数事实、参数或数字",
            "multiply by an integer fact, a parameter or a number",
        ),
        "F517": _w(
            "needs 给“{fact}”定了证据等级，规则的条件却不读它，读的是由它推算的“{derived}”，那里没有等级",
            "needs grades “{fact}”, which no condition reads; what is read is “{derived}”, derived from it and without a grade",
            "在 needs 里写条件所读的那个事实，例如 {derived}: record",
            "name in needs the fact that the condition reads, such as {derived}: record",
        ),
        "F518": _e(
            "不属受理范围的规则不能结案",
            "a rule for what is out of scope settles nothing",
            "去掉 settle，或去掉 out_of_scope: true",
            "remove settle, or remove out_of_scope: true",
        ),
        "F519": _e(
            "短语“{phrase}”里有标点“{mark}”",
            "the phrase “{phrase}” contains the mark “{mark}”",
            "短语不跨标点：去掉它；要隔开列表里的几条，用半角逗号加空格，不用顿号",
            "a phrase never crosses a mark: remove it; items of a list are parted by an ASCII comma and a space",
        ),
        "F520": _e(
            "“{name}”本身就是由几个信号合成的，不能再拿来合成",
            "“{name}” is itself made of other signals and cannot be a part of one",
            "直接写组成它的那几个信号",
            "name the signals that it is made of",
        ),
        "F521": _e(
            "all 至少要写两个信号",
            "all needs two signals at least",
            "例如 all: [ordered_this, got_that]；只有一个就用不着 all",
            "for example all: [ordered_this, got_that]; one alone needs no all",
        ),
        "F522": _e(
            "不属受理范围的规则不能同时是附带的话(remark)",
            "a rule for what is out of scope cannot be a remark",
            "去掉 remark，或去掉 out_of_scope: true",
            "remove remark, or remove out_of_scope: true",
        ),
        "F523": _e(
            "later 比较两个信号里说的时间，all 要正好写两个",
            "later compares the times named with two signals; all must name exactly two",
            "例如 all: [ordered_at, came_at] 加 later: 2h，先写早的，再写晚的",
            "for example all: [ordered_at, came_at] with later: 2h, the earlier one first",
        ),
        "F524": _w(
            "信号“{name}”说出来也没有用：它不设定任何事实，没有条件读它，也没有别的信号由它合成",
            "nothing hears the signal “{name}”: it sets no fact, no condition reads it and no other signal is made of it",
            "写上 sets:，或在规则里写 signal: {name}；用不着就删掉它",
            "give it sets:, or write signal: {name} in a rule; or remove it",
        ),
        "F525": _w(
            "共用条件“{name}”没有规则、关口或求助渠道用到",
            "no rule, gate or forum uses the named condition “{name}”",
            "在规则里写 condition: {name}；用不着就删掉它",
            "write condition: {name} in a rule; or remove it",
        ),
        "F526": _e(
            "短语“{phrase}”里的“{sign}”不是短语的符号，会被当成文字，没有人会这样写",
            "“{sign}” in the phrase “{phrase}” is no sign of phrases; it is taken for text, which nobody writes like that",
            "改成半角的 {half}{more_zh}",
            "write the ASCII {half}{more_en}",
        ),
        "F527": _w(
            "reviewed 是 {reviewed}，今天才 {today}：还没有到的日子不可能已经复核过",
            "reviewed is {reviewed} and today is {today}: nobody has reviewed it on a day to come",
            "写真正复核的那一天；日期没错就看看这台电脑的钟",
            "write the day on which it was reviewed; if that is right, look at the clock of this machine",
        ),
        "F528": _e(
            "“{phrase}”的头或尾是不属于词的符号：这种语言按整词匹配，永远匹配不到",
            "“{phrase}” begins or ends with a sign that is no part of a word; in this language whole words are matched, and it never would be",
            "让每一段都以字母或数字开头和结尾",
            "let each part begin and end with a letter or a figure",
        ),
        "F529": _e(
            "later 只读中文里的时间，这个规则包的语言是 {language}",
            "later reads times in Chinese text only; the language of this pack is {language}",
            "去掉 later，用两个信号的 all 和 within",
            "leave later out and use all and within",
        ),
        "F530": _e(
            "“{fact}”是问消费者话里什么意思的事实，要能选几种、没问过就算没有、由消费者回答",
            "“{fact}” is what the consumer is asked of his words: a set, raised, answered by him",
            "写 type: set, world: raised, ask: consumer，再写 why 和 question",
            "write type: set, world: raised, ask: consumer, with why and question",
        ),
        "F531": _w(
            "meant 的取值“{value}”没有关口读，不会问到，答了也不起作用",
            "no gate reads “{value}” of meant: nobody is asked about it, and an answer does nothing",
            "在一个 covers: other 的关口的 when 里写 {{meant: {{contains_any: [{value}]}}}}，或者去掉这个取值",
            "read it in a gate with covers: other, {{meant: {{contains_any: [{value}]}}}}, or leave the value out",
        ),
        "F532": _e(
            "短语不能定“{fact}”：那是问了消费者以后他自己的回答",
            "no phrase may set “{fact}”: it is what the consumer answers once he is asked",
            "让短语定关口读的那个事实",
            "let the phrase set the fact that the gate reads besides",
        ),
        # --- F6xx: scenario tests ---
        "F601": _w(
            "规则“{rule}”没有场景测试",
            "the rule “{rule}” has no scenario tests",
            "新建 {path}",
            "create {path}",
        ),
        "F602": _e(
            "测试名称“{name}”重复",
            "the test name “{name}” appears twice",
            "每个测试用一句不同的话",
            "give each test a sentence of its own",
        ),
        "F603": _e(
            "测试给出的投诉有误：{field}：{detail_zh}",
            "the complaint of this test is wrong: {field}: {detail_en}",
            "按投诉格式改正",
            "mend it after the contract of a complaint",
        ),
        "F604": _w(
            "{field} 没有“{value}”这个取值，读它的事实“{fact}”会是未知，或者落进“其他”",
            "{field} has no value “{value}”; the fact “{fact}” that is read from it stays unknown or falls to “other”",
            "可选：{known}。{near_zh}{words_zh}测试要看的就是不认得的值，就在 expect 里写明 facts: {{{fact}: …}}",
            "choices: {known}. {near_en} {words_en}if the test is about a value that nobody knows, expect facts: {{{fact}: …}}",
        ),
        "F605": _w(
            "{field}: null 去掉的是这里本来就没有给的",
            "{field}: null takes away what is not given here",
            "要说记录里这一项是空的（比如没有发货），写 none；什么都不说就删掉它",
            "to say that the record has it empty (nothing was sent, say), write none; to say nothing, remove it",
        ),
        # --- F7xx: analysis (funnel check --deep) ---
        "F701": _w(
            "“{rule}”与“{other}”可能同时结案，结果却不同",
            "“{rule}” and “{other}” can both settle one complaint, with different results",
            "用 overrides 写明哪条优先并引法条，或把要件分开",
            "say with overrides and a citation which goes first, or tell their elements apart",
        ),
        "F702": _w(
            "“{rule}”永远不会适用：识别与要件互相矛盾",
            "“{rule}” can never apply: recognition and elements contradict each other",
            "互相矛盾的是：{core}",
            "these contradict each other: {core}",
        ),
        "F703": _w(
            "“{rule}”总是让位，从来不由它判断",
            "“{rule}” is always set aside and never decides",
            "凡它适用的，{other} 都适用并优先；收窄其中一条",
            "wherever it applies {other} applies and goes first; narrow one of them",
        ),
        "F704": _w(
            "“{rule}”的例外“{exception}”永远不会发生",
            "the exception “{exception}” of “{rule}” can never fire",
            "与识别和要件矛盾：{core}",
            "it contradicts recognition and elements: {core}",
        ),
        "F705": _w(
            "“{rule}”说在 scope 里写全了，却有一种情况没有规则判断",
            "“{rule}” claims to be complete in its scope, but no rule decides one case in it",
            "补上要件或例外，或收窄 scope",
            "add an element or an exception, or narrow the scope",
        ),
        "F706": _w(
            "“{rule}”写了 settle，却永远不能结案",
            "“{rule}” has a settle part, but can never settle",
            "互相矛盾的是：{core}",
            "these contradict each other: {core}",
        ),
        "F707": _w(
            "“{rule}”要“{label}”达到{grade}一级，却没有谁能提供",
            "“{rule}” needs “{label}” at grade {grade}, which nobody can supply",
            "给这个事实写 from 或 ask（gives 达到这一级），或降低 needs",
            "give the fact a from or an ask whose grade suffices, or lower what needs asks for",
        ),
        "F708": _w(
            "“{rule}”的“{kind}”带的条件永远不成立",
            "the condition of “{kind}” in “{rule}” can never hold",
            "互相矛盾的是：{core}",
            "these contradict each other: {core}",
        ),
        "F709": _w(
            "“{rule}”的 accepted 里写着 {finding}，这一处已经不会发生",
            "“{rule}” accepts {finding}, which no longer arises",
            "从 accepted 里删掉它",
            "remove it from accepted",
        ),
        # --- F8xx: likeness (examples, funnel learn) ---
        "F801": _e(
            "学到的相似度读不出：{why_zh}",
            "what was learnt cannot be read: {why_en}",
            "重新学一遍：funnel learn；或者删掉这个文件，就不看相似度",
            "learn again: funnel learn; or remove the file, and likeness has no say",
        ),
        "F802": _e(
            "学到的相似度里有“{name}”，规则包里没有这个场景或关口",
            "what was learnt knows “{name}”, which is no scenario or gate of the pack",
            "例子改好以后重新学一遍：funnel learn",
            "once the examples are right, learn again: funnel learn",
        ),
        "F803": _w(
            "例子改过了，相似度还是从原来的例子学的",
            "the examples have changed since likeness was learnt from them",
            "重新学一遍：funnel learn",
            "learn again: funnel learn",
        ),
        "F804": _e(
            "“{text}”里没有一个字，学不到什么",
            "there is no word in “{text}” to learn from",
            "写消费者会说的一句话，例如 钱昨天就退回来了",
            "write what a consumer would say, such as 钱昨天就退回来了",
        ),
        "F805": _e(
            "“{text}”在别处的意思不一样：一处说它打开一个关口，一处说不打开，或者打开另一个",
            "“{text}” means something else in another place: there it opens no gate, or another",
            "留下对的一处；一句话能打开两个关口的，留在更要紧的那个里",
            "keep the one that is right; a sentence that opens two gates stays with the graver one",
        ),
        "F806": _w(
            "例子里有个人信息（{kind_zh}），例子随规则包一起公开",
            "there is personal data in an example ({kind_en}), and examples are published with the pack",
            "去掉，或者写成“手机号”这样的说法",
            "leave it out, or write a word for it, such as 手机号",
        ),
        "F807": _w(
            "有例子，还没有从它们学过",
            "there are examples, and nothing has been learnt from them",
            "学一遍：funnel learn",
            "learn: funnel learn",
        ),
        "F808": _w(
            "一条里有好几句话；每一句都会当成说的是这个关口",
            "there are several sentences in one item; each will be taken to be about this gate",
            "一条只写一句，单独看也看得出说的是什么",
            "write one sentence an item, plain by itself",
        ),
    }
)
