# SPDX-License-Identifier: MIT
"""Announcements written for the tests: as many as wanted, no two alike, in English and in simplified and
traditional Chinese, about state-owned enterprises, companies, Party work and other things."""

from dataclasses import dataclass

# Each template is a title and paragraphs; {n} is the announcement's number, which makes it unique.
ENGLISH = {
    "soe-policy": (
        "SASAC issues measure No. {n} on the reform of state-owned enterprises in {city}",
        "The State-owned Assets Supervision and Administration Commission on {day} issued measure No. {n}, which tells "
        "central state-owned enterprises in {city} how they are to manage state capital over the next three years.",
        "The measure asks state-owned enterprises to leave businesses outside their main line, to bring the assets "
        "liability ratio below {percent} percent and to report on the reform of their boards twice a year.",
        "Officials of the commission said that supervision of state assets would become stricter, and that local "
        "commissions would be inspected in the second half of the year.",
    ),
    "corporate-event": (
        "{company} signs contract {n} for a wind farm near {city}",
        "{company} announced on {day} that it has signed contract {n} worth {amount} million yuan with a customer in "
        "{city}, the largest order in the company's history.",
        "The company will deliver and install {percent} turbines before the end of next year. The chairman said at the "
        "signing ceremony that the project would create about {amount} jobs.",
        "Revenue of the company rose by {percent} percent in the first half of the year, while net profit remained "
        "stable; the board proposed an interim dividend.",
    ),
    "party-activity": (
        "Party branch {n} in {city} holds theme Party day on the history of the Communist Party of China",
        "Members of Party branch {n} gathered in {city} on {day} for a theme Party day under the guidance of the Party "
        "committee. The branch secretary gave a Party lesson on the spirit of the recent Party congress.",
        "The {percent} Party members renewed the oath of admission in front of the Party flag and afterwards held a "
        "study session with criticism and self-criticism.",
        "The Party committee asked all branches to continue the education campaign and to strengthen Party building "
        "at the grass roots.",
    ),
    "other": (
        "River museum of {city} opens hall {n} with {percent} old maps",
        "The river museum of {city} on {day} opened its hall {n}, in which visitors can see {percent} hand-drawn maps "
        "of the delta, most of them shown for the first time.",
        "The maps were found in the attic of a former school and were cleaned by volunteers over {percent} weekends. "
        "Children may draw their own river on a long roll of paper.",
        "Entrance is free on Sundays. The exhibition will stay until the spring, when the paper has to rest in the dark.",
    ),
}

SIMPLIFIED = {
    "soe-policy": (
        "国务院国资委印发第{n}号文件 部署{city}国有企业改革",
        "{day}，国务院国资委印发第{n}号文件，要求{city}的中央企业进一步深化国有企业改革，优化国有资本布局，健全国有资产监管体制。",
        "文件提出，各中央企业要聚焦主责主业，到明年年底将资产负债率控制在百分之{percent}以内，稳步推进董事会建设，每半年报告一次改革进展情况。",
        "国资委有关负责人表示，下一步将加强对地方国资监管工作的指导监督，确保国有资产保值增值，并对{amount}户企业开展专项检查。",
    ),
    "corporate-event": (
        "{company}签下第{n}号风电合同 总额{amount}万元",
        "{day}，{company}在{city}举行签约仪式，宣布与客户签署第{n}号风电设备供货合同，合同总金额为{amount}万元，创公司成立以来的新高。",
        "根据合同，公司将在明年年底之前交付并安装{percent}台机组。公司董事长在仪式上表示，该项目投产后每年可以节约标准煤{amount}吨。",
        "上半年公司实现营业收入同比增长百分之{percent}，净利润保持平稳，董事会建议派发中期股息，并将继续加大研发投入。",
    ),
    "party-activity": (
        "{city}第{n}党支部开展主题党日活动 重温入党誓词",
        "{day}，{city}第{n}党支部在上级党委的指导下开展主题党日活动，党支部书记以学习贯彻党代会精神为题讲授专题党课。",
        "活动中，{percent}名党员面向党旗重温入党誓词，随后召开组织生活会，认真开展批评与自我批评，交流学习心得体会。",
        "党委要求各党支部持续推进党内主题教育，发挥党支部战斗堡垒作用和党员先锋模范作用，不断提升基层党建工作水平。",
    ),
    "other": (
        "{city}河流博物馆第{n}展厅开放 展出{percent}幅旧地图",
        "{day}，{city}河流博物馆第{n}展厅向公众开放，观众可以看到{percent}幅手绘的三角洲地图，其中大部分是第一次展出。",
        "这些地图是在一所旧学校的阁楼里发现的，志愿者用了{percent}个周末才把它们清理干净。孩子们可以在长长的纸卷上画出自己心中的河流。",
        "博物馆每逢星期日免费开放。展览将持续到明年春天，之后纸张需要在暗处休息一段时间。",
    ),
}

TRADITIONAL = {
    "soe-policy": (
        "國務院國資委印發第{n}號文件 部署{city}國有企業改革",
        "{day}，國務院國資委印發第{n}號文件，要求{city}的中央企業進一步深化國有企業改革，優化國有資本布局，健全國有資產監管體制。",
        "文件提出，各中央企業要聚焦主責主業，到明年年底將資產負債率控制在百分之{percent}以內，穩步推進董事會建設，每半年報告一次改革進展情況。",
        "國資委有關負責人表示，下一步將加強對地方國資監管工作的指導監督，確保國有資產保值增值，並對{amount}戶企業開展專項檢查。",
    ),
    "corporate-event": (
        "{company}簽下第{n}號風電合同 總額{amount}萬元",
        "{day}，{company}在{city}舉行簽約儀式，宣布與客戶簽署第{n}號風電設備供貨合同，合同總金額為{amount}萬元，創公司成立以來的新高。",
        "根據合同，公司將在明年年底之前交付並安裝{percent}台機組。公司董事長在儀式上表示，該項目投產後每年可以節約標準煤{amount}噸。",
        "上半年公司實現營業收入同比增長百分之{percent}，淨利潤保持平穩，董事會建議派發中期股息，並將繼續加大研發投入。",
    ),
    "party-activity": (
        "{city}第{n}黨支部開展主題黨日活動 重溫入黨誓詞",
        "{day}，{city}第{n}黨支部在上級黨委的指導下開展主題黨日活動，黨支部書記以學習貫徹黨代會精神為題講授專題黨課。",
        "活動中，{percent}名黨員面向黨旗重溫入黨誓詞，隨後召開組織生活會，認真開展批評與自我批評，交流學習心得體會。",
        "黨委要求各黨支部持續推進黨內主題教育，發揮黨支部戰鬥堡壘作用和黨員先鋒模範作用，不斷提升基層黨建工作水平。",
    ),
    "other": (
        "{city}河流博物館第{n}展廳開放 展出{percent}幅舊地圖",
        "{day}，{city}河流博物館第{n}展廳向公眾開放，觀眾可以看到{percent}幅手繪的三角洲地圖，其中大部分是第一次展出。",
        "這些地圖是在一所舊學校的閣樓裡發現的，志願者用了{percent}個週末才把它們清理乾淨。孩子們可以在長長的紙卷上畫出自己心中的河流。",
        "博物館每逢星期日免費開放。展覽將持續到明年春天，之後紙張需要在暗處休息一段時間。",
    ),
}

LANGUAGES = {
    "en": (ENGLISH, ["Lanzhou", "Ningbo", "Harbin", "Zhuhai", "Kunming"],
           ["Northern Lantern Energy", "Blue Heron Holdings", "Three Bridges Group"], "March {d}"),
    "zh-Hans": (SIMPLIFIED, ["兰州", "宁波", "哈尔滨", "珠海", "昆明"],
                ["北灯能源集团", "蓝鹭控股公司", "三桥集团"], "3月{d}日"),
    "zh-Hant": (TRADITIONAL, ["蘭州", "寧波", "哈爾濱", "珠海", "昆明"],
                ["北燈能源集團", "藍鷺控股公司", "三橋集團"], "3月{d}日"),
}

LABELS = ("soe-policy", "corporate-event", "party-activity", "other")


@dataclass(frozen=True)
class Announcement:
    number: int
    language: str  # en, zh-Hans, zh-Hant
    about: str     # the label it was written for
    title: str
    paragraphs: tuple

    @property
    def text(self):
        return "\n".join(self.paragraphs)


def announcement(number, language):
    """The announcement of this number: always the same one."""
    templates, cities, companies, day = LANGUAGES[language]
    about = LABELS[number % len(LABELS)]
    words = {
        "n": 1000 + number,
        "city": cities[number % len(cities)],
        "company": companies[number % len(companies)],
        "day": day.format(d=number % 28 + 1),
        "percent": number % 61 + 20,
        "amount": number * 7 + 300,
    }
    title, *paragraphs = [t.format(**words) for t in templates[about]]
    return Announcement(number, language, about, title, tuple(paragraphs))
