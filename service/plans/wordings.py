"""What is said of a fault: the domain's sentence where the domain has the rule, else the one here.

As in `domain.refusals` a code is `noun.reason` and never changes its meaning; `{field}` is the spoken name of
the column, everything else an argument of the case.
"""

from domain.refusals import CATALOGUE
from domain.refusals.wording import Wording
from domain.spoken import FIELD_NAMES, Spoken, chinese, english

_FILES = {
    "file.kind_unknown": Wording(
        "Only .yaml, .csv and .xlsx files are taken.", "只接受.yaml、.csv、.xlsx文件，请另存后重试。"
    ),
    "file.too_large": Wording("The file is larger than {most}.", "文件超过{most}，请拆分后导入。"),
    "file.too_many_rows": Wording("The file has more than {most} rows.", "文件超过{most}行，请拆分后导入。"),
    "file.too_many_columns": Wording(
        "The sheet has more than {most} columns.", "工作表超过{most}栏，请精简。"
    ),
    "file.encoding": Wording(
        "The encoding is broken here: save the file as {allowed}.", "此处编码无效，请将文件另存为{allowed}。"
    ),
    "plan.empty": Wording("The file holds nothing.", "文件中没有内容。"),
    "yaml.malformed": Wording("This is not YAML: {problem}.", "YAML格式错误：{problem}。"),
    "yaml.alias": Wording(
        "Anchors and aliases (& and *) are refused.", "不接受锚点和别名（&、*），请写出全文。"
    ),
    "yaml.tag": Wording("Tags (!) are refused.", "不接受类型标签（!），请删除。"),
    "yaml.second_document": Wording("One file holds one plan.", "一个文件只能有一份方案。"),
    "yaml.too_deep": Wording("It is nested too deeply.", "嵌套过深。"),
    "yaml.key": Wording("A key must be a text.", "键应为文本。"),
    "yaml.duplicate_key": Wording("The key {key} stands twice.", "“{key}”重复，请保留一处。"),
    "yaml.not_a_plan": Wording("The file holds no plan.", "文件中没有方案。"),
    "yaml.not_a_list": Wording(
        "A list belongs here: begin each item with “- ”.", "此处应为列表，每项以“- ”开头。"
    ),
    "yaml.not_a_mapping": Wording("Keys with values belong here.", "此处应为“栏目: 值”。"),
    "csv.malformed": Wording("This is not CSV: {problem}.", "CSV格式错误：{problem}。"),
    "xlsx.malformed": Wording("This is not a readable XLSX file.", "不是可读取的XLSX文件，请重新另存。"),
}

_SHEETS = {
    "sheet.unknown": Wording("There is no section or sheet {title}.", "没有“{title}”这一部分或工作表。"),
    "sheet.twice": Wording("There are two sheets of this kind.", "同类工作表有两个，请合并。"),
    "sheet.merged": Wording(
        "Merged cells ({cells}) are refused.", "不接受合并单元格（{cells}），请取消合并。"
    ),
    "column.unknown": Wording("There is no column {title}.", "没有“{title}”这一栏。"),
    "column.twice": Wording("The column {title} stands twice.", "“{title}”一栏重复。"),
    "column.missing": Wording("The column “{field}” is missing.", "缺少“{field}”一栏。"),
    "row.too_long": Wording("The cell has no heading above it.", "此格上方没有表头。"),
}

_CELLS = {
    "cell.required": Wording("Fill in the {field}.", "请填写{field}。"),
    "cell.not_single": Wording("One value belongs here, not a list.", "此处只能填一个值，不能填列表。"),
    "cell.not_text": Wording(
        "This must be text; set the cell's format to text and enter it again.",
        "应为文本，请将单元格格式设为“文本”后重填。",
    ),
    "cell.formula": Wording("Formulas are refused; paste the value.", "不接受公式，请粘贴为数值。"),
    "cell.error_value": Wording("The cell holds the error {value}.", "单元格为错误值{value}，请改正。"),
    "text.formula": Wording(
        "The {field} must not begin with =, +, - or @: a sheet program takes it for a formula.",
        "{field}不能以=、+、-、@开头，否则会被表格软件当作公式。",
    ),
    "number.malformed": Wording("“{given}” is not a number.", "“{given}”不是数字；万、亿请写成完整数字。"),
    "number.percentage": Wording(
        "Enter 32 for 32 %, with the unit of measure %, in a cell that is not formatted as a percentage.",
        "32%请填32，计量单位填%，单元格不要设为百分比格式。",
    ),
    "number.out_of_range": Wording(
        "The {field} must be a whole number from {low} to {high}.", "{field}应为{low}至{high}的整数。"
    ),
    "date.malformed": Wording(
        "“{given}” is not a date; write it like 2020-12-31.", "“{given}”不是日期，请按2020-12-31的格式填写。"
    ),
    "flag.malformed": Wording("Enter true or false (是 or 否).", "请填“是”或“否”。"),
    "choice.unknown": Wording("“{given}” is none of: {allowed}.", "“{given}”不在可选范围内：{words}。"),
    "milestone.malformed": Wording(
        "Write “{given}” as: date | share | title.", "“{given}”应写作：日期 | 累计进度 | 名称。"
    ),
}

_ROWS = {
    "plan.twice": Wording("A file holds one plan, in one row.", "一个文件只能有一份方案，占一行。"),
    "plan.ends_before_start": Wording("The plan must end after it starts.", "方案结束日期须晚于开始日期。"),
    "plan.outside_year": Wording("{day} does not lie in the year {year}.", "{day}不在{year}年内。"),
    "plan.date_outside": Wording(
        "{day} lies outside the plan ({start} to {end}).", "{day}不在方案期间（{start}至{end}），请调整。"
    ),
    "plan.time_zone_unknown": Wording(
        "There is no time zone {given}; an example: Asia/Shanghai.", "没有“{given}”时区，例：Asia/Shanghai。"
    ),
    "row.duplicate_code": Wording(
        "The code {code} stands in row {row} already.", "编号{code}与第{row}行重复，请更换。"
    ),
    "row.duplicate_name": Wording("The name stands in row {row} already.", "名称与第{row}行重复，请更换。"),
    "campaign.duplicate_number": Wording("The number stands in row {row} already.", "序号与第{row}行重复。"),
    "task_force.not_a_campaign": Wording("Only a campaign has a task force.", "只有攻坚战设专班。", 45),
    "task.rows_differ": Wording("It differs from the task's first row.", "与该任务首行不一致。"),
    "indicator.target_and_missing": Wording(
        "A target that is marked as missing has no figure.", "已标“目标缺失”的，不得填写目标值。"
    ),
    "assumed.unknown": Wording(
        "“{given}” is no column that can be assumed.", "“{given}”不是可标推定的栏目。"
    ),
}

OWN = _FILES | _SHEETS | _CELLS | _ROWS

_FIELDS = {
    "category": Spoken("category", "类别"),
    "direction": Spoken("direction", "方向"),
    "indicator_assumed": Spoken("assumed columns", "指标推定项"),
    "indicator_code": Spoken("indicator code", "指标编号"),
    "indicator_name": Spoken("indicator name", "指标名称"),
    "kind": Spoken("kind", "类型"),
    "lead": Spoken("lead unit", "牵头单位"),
    "role": Spoken("role", "角色"),
    "source": Spoken("source", "来源"),
    "supporting": Spoken("supporting units", "配合单位"),
    "time_zone": Spoken("time zone", "时区"),
    "unit_of_measure": Spoken("unit of measure", "计量单位"),
    "year": Spoken("year", "年度"),
}


def said(code: str, column: str, /, **arguments: object) -> Spoken:
    """The sentences for a fault in a column. A code that neither catalogue has is a KeyError."""
    wording = OWN.get(code) or CATALOGUE[code]
    field = _FIELDS.get(column) or FIELD_NAMES.get(column) or Spoken(column, column)
    return Spoken(
        wording.en.format(field=field.en, **{name: english(value) for name, value in arguments.items()}),
        wording.zh.format(field=field.zh, **{name: chinese(value) for name, value in arguments.items()}),
    )
