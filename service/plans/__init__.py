"""Plans as files (方案导入导出): YAML, XLSX and CSV to typed rows and back, and the plan that is shipped.

`sheet` is the way in: `read_plan`, `check`, `write_plan`. The shipped plan is Weifang's of 2020; docs/plan.md
says how its figures were counted.
"""

from pathlib import Path

WEIFANG_2020 = Path(__file__).with_name("weifang-2020.yaml")
