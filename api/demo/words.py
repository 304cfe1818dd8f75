"""The words of the demonstration: characters of brands and of people's names with their pinyin, titles, roads, sentences."""

from __future__ import annotations


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """Return (character, pinyin) for each word such as 恒heng."""
    return tuple((word[0], word[1:]) for word in text.split())


def _words(text: str) -> tuple[str, ...]:
    """Return the words of a text."""
    return tuple(text.split())


BRAND_FIRST = _pairs(
    "恒heng 瑞rui 鑫xin 泰tai 宏hong 盛sheng 博bo 科ke 联lian 金jin 天tian 新xin 东dong 海hai 江jiang 正zheng 德de "
    "永yong 嘉jia 凯kai 力li 远yuan 信xin 同tong 万wan 利li 汇hui 创chuang 智zhi 云yun 星xing 晨chen 启qi 卓zhuo 安an "
    "康kang 佳jia 百bai 明ming 兴xing 环huan 光guang 捷jie 优you 精jing 奥ao 昊hao 锐rui 朗lang 诚cheng 润run 迈mai "
    "维wei 思si 翰han 沃wo 禾he 铂bo 睿rui 骏jun 景jing 众zhong 冠guan 弘hong 富fu 普pu 亿yi 源yuan 旭xu"
)
BRAND_SECOND = _pairs(
    "达da 泰tai 源yuan 丰feng 腾teng 隆long 成cheng 昌chang 辉hui 峰feng 宇yu 航hang 立li 顺shun 和he 悦yue 铭ming 特te "
    "邦bang 尔er 迪di 诺nuo 能neng 领ling 飞fei 翔xiang 克ke 森sen 川chuan 图tu 拓tuo 格ge 柏bai 讯xun 晟sheng 然ran "
    "恩en 凌ling 益yi 沣feng 岳yue 田tian 沃wo 驰chi 擎qing 衡heng 固gu 朋peng 旺wang 茂mao 亚ya 升sheng 威wei 创chuang"
)
# Brands that everybody knows are not given to an invented company.
FAMOUS = frozenset(
    _words(
        "海尔 海信 海康 海天 海航 恒力 恒瑞 恒源 恒丰 正泰 正邦 万达 万科 泰康 联通 光明 德邦 天能 金风 金龙 新奥 新希 立邦 "
        "同仁 同方 天合 通威 德力 东方 华润 汇川 信达 信和 安踏 光大 康泰 金茂 利源 科达 科森 富力 永辉 永和 兴森 东岳 星源 "
        "精达 精测 普利 智飞 联创 利亚 金田 安恒 江丰 云图 明泰 迈克 海能 海格 新能 百度"
    )
)
SURNAMES = _pairs(
    "王wang 李li 张zhang 刘liu 陈chen 杨yang 黄huang 赵zhao 吴wu 周zhou 徐xu 孙sun 马ma 朱zhu 胡hu 郭guo 何he 高gao 林lin "
    "罗luo 郑zheng 梁liang 谢xie 宋song 唐tang 许xu 韩han 冯feng 邓deng 曹cao 彭peng 曾zeng 肖xiao 田tian 董dong 袁yuan "
    "潘pan 于yu 蒋jiang 蔡cai 余yu 杜du 叶ye 程cheng 苏su 魏wei 吕lv 丁ding 任ren 沈shen"
)
GIVEN = _pairs(
    "伟wei 芳fang 娜na 敏min 静jing 丽li 强qiang 磊lei 军jun 洋yang 勇yong 艳yan 杰jie 涛tao 明ming 超chao 秀xiu 霞xia "
    "平ping 刚gang 桂gui 英ying 华hua 玉yu 萍ping 红hong 鹏peng 飞fei 宇yu 浩hao 凯kai 辉hui 斌bin 波bo 婷ting 雪xue "
    "琳lin 晨chen 阳yang 博bo 文wen 建jian 国guo 志zhi 海hai 云yun 佳jia 梅mei 峰feng 龙long 欣xin 怡yi 子zi 涵han"
)
TITLES: dict[str, tuple[str, ...]] = {
    "decision_maker": ("总经理", "副总经理", "采购总监", "厂长", "董事长"),
    "influencer": ("技术总监", "生产经理", "质量经理", "设备部部长", "信息化主管"),
    "user": ("设备工程师", "工艺工程师", "质检员", "运维工程师", "车间主任"),
    "gatekeeper": ("采购专员", "行政主管", "总经理助理", "财务专员"),
}
ROADS = (
    "人民路",
    "建设路",
    "工业大道",
    "科技路",
    "创业路",
    "滨江路",
    "开发区大道",
    "兴业街",
    "长江路",
    "新华路",
    "园区路",
)
MOBILE_PREFIXES = _words(
    "130 131 132 133 134 135 136 137 138 139 150 151 152 153 155 156 157 158 159 166 173 175 176 177 178 180 181 182 183 "
    "185 186 187 188 189 191 198 199"
)
CHANNELS: dict[str, float] = {
    "展会": 0.22,
    "官网表单": 0.17,
    "客户转介绍": 0.17,
    "主动咨询": 0.14,
    "市场活动": 0.12,
    "合作伙伴": 0.10,
    "数据服务商": 0.08,
}
INTERACTIONS: dict[str, tuple[str, ...]] = {
    "visit": ("现场拜访，了解{line}使用情况", "陪同参观车间，讨论{line}方案", "与采购负责人面谈年度{line}计划"),
    "call": ("电话回访{line}近期需求", "电话确认{line}交期", "电话沟通{line}报价"),
    "mail": ("发送{line}报价单", "邮件答复{line}技术参数", "发送产品资料与案例"),
    "event": ("参加新品发布会", "参加行业研讨会，关注{line}", "参加用户大会"),
    "web": ("浏览官网{line}页面", "下载{line}产品手册", "提交官网咨询表单"),
}
PROBLEMS: dict[str, tuple[tuple[str, str], ...]] = {
    "consult": (
        ("咨询{line}选型", "已提供选型建议"),
        ("询问{line}价格与交期", "已发送报价"),
        ("询问保修政策", "已说明政策"),
    ),
    "technical_support": (("{line}运行报警，需要远程支持", "远程排除故障"), ("{line}参数需要调整", "已指导完成调整")),
    "visit": (("例行上门巡检", "巡检完成，运行正常"), ("{line}安装调试", "调试完成并签字")),
    "complaint": (
        ("{line}交货延迟", "已补发并致歉"),
        ("{line}质量问题", "已更换"),
        ("响应时间过长", "已安排专人跟进"),
        ("发票开具错误", "已重新开具"),
    ),
}
MEASURES: dict[str, tuple[str, str]] = {
    "交货延迟": ("交付", "设置安全库存，提前三天确认物流"),
    "质量问题": ("质量", "增加出厂检验项目，追溯同批次产品"),
    "响应时间过长": ("响应", "指定备岗，超过两小时自动升级"),
    "发票开具错误": ("开票", "开票前由系统核对税号与抬头"),
}
NEEDS: dict[str, tuple[str, ...]] = {
    "产品采购": ("计划采购{line}用于新产线", "需要更换现有{line}", "年度{line}集中采购"),
    "服务咨询": ("需要{line}升级改造咨询", "希望了解{line}实施方案"),
    "技术支持": ("需要{line}远程支持", "需要{line}操作培训"),
    "合作代理": ("希望代理{line}", "洽谈区域合作"),
    "售后支持": ("需要延长{line}维保", "需要{line}备品备件计划"),
}
SURVEY_COMMENTS: dict[int, tuple[str, ...]] = {
    1: ("多次反映问题未解决", "服务不及时"),
    2: ("交期不稳定", "响应偏慢"),
    3: ("总体一般", ""),
    4: ("服务较好", "", ""),
    5: ("非常满意", "合作愉快", "", ""),
}
RATING_REASONS: dict[str, tuple[str, str, str]] = {
    "industry_outlook": ("行业需求下滑", "行业平稳，渗透空间一般", "行业处于上升期，渗透空间大"),
    "purchase_intent": ("未来一年无明确计划", "有意向，预算未定", "已列入一至两年采购计划"),
    "benchmark_effect": ("行业影响有限", "区域内有一定知名度", "行业龙头，标杆作用明显"),
    "new_product_willingness": ("对新产品持观望态度", "愿意小范围试用", "愿意联合试点新产品"),
    "supply_chain_fit": ("对供应链帮助有限", "可改善部分排产", "可联合优化供应链与技术"),
}
