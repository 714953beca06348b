"""The taxonomy: 23 triggers with their names and the words that people search them by.

Revision: 0002, after 0001, 2026-11-22
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: None = None
depends_on: None = None

# slug, English, Korean, aliases
TRIGGERS = (
    ("background_other", "Background, other", "배경음·기타", ["ambience", "noise", "music", "silence", "배경", "잡음"]),
    ("breathing", "Breathing", "숨소리", ["breath", "sigh", "호흡", "숨"]),
    (
        "brushing",
        "Brushing",
        "브러싱",
        ["brush", "mic brushing", "makeup brush", "붓", "솔", "귀청소", "마이크 브러싱"],
    ),
    ("clock_ticking", "Clock ticking", "시계 초침", ["clock", "tick", "watch", "시계", "똑딱"]),
    (
        "eating_mukbang",
        "Eating (mukbang)",
        "먹방",
        ["eating", "chewing", "crunch", "mukbang", "food", "먹는 소리", "씹는 소리"],
    ),
    ("fire_crackling", "Fire crackling", "장작 타는 소리", ["fire", "campfire", "fireplace", "모닥불", "장작", "불"]),
    (
        "footsteps_snow_leaves",
        "Footsteps in snow and leaves",
        "눈·낙엽 밟는 소리",
        ["footsteps", "walking", "snow", "leaves", "발소리", "눈", "낙엽"],
    ),
    (
        "keyboard_typing",
        "Keyboard typing",
        "키보드 타자",
        ["keyboard", "typing", "mechanical keyboard", "키보드", "타자", "타이핑"],
    ),
    (
        "nail_tapping",
        "Nail tapping",
        "손톱 두드리기",
        ["tapping", "tap", "nails", "wood tapping", "glass tapping", "탭핑", "태핑", "손톱"],
    ),
    ("paper", "Paper", "종이 소리", ["page turning", "rustle", "book", "종이", "책장"]),
    (
        "plastic_crinkling",
        "Plastic crinkling",
        "비닐 바스락",
        ["plastic bag", "crinkle", "crinkling", "wrapper", "비닐", "바스락"],
    ),
    ("rain", "Rain", "빗소리", ["raindrops", "storm", "umbrella", "비", "빗방울"]),
    ("sand_crushing", "Sand crushing", "모래 부수기", ["sand", "kinetic sand", "crushing", "모래"]),
    ("scissors_cutting", "Scissors cutting", "가위질", ["scissors", "haircut", "cutting", "가위", "미용실", "이발"]),
    ("scratching", "Scratching", "긁는 소리", ["scratch", "mic scratching", "스크래칭", "긁기"]),
    (
        "singing_bowl_chimes",
        "Singing bowls and chimes",
        "싱잉볼·풍경",
        ["singing bowl", "chimes", "bell", "tuning fork", "gong", "싱잉볼", "풍경", "종"],
    ),
    ("slime", "Slime", "슬라임", ["stretching slime", "squish", "goo", "액체괴물", "액괴"]),
    ("talking_man", "Talking, man", "남자 말소리", ["male voice", "soft spoken", "speech", "남자 목소리", "말소리"]),
    (
        "talking_woman",
        "Talking, woman",
        "여자 말소리",
        ["female voice", "soft spoken", "speech", "여자 목소리", "말소리"],
    ),
    ("water", "Water", "물소리", ["pouring", "bubbles", "stream", "drops", "물", "물방울"]),
    ("whispering_man", "Whispering, man", "남자 속삭임", ["male whisper", "whisper", "위스퍼링", "속삭임", "귓속말"]),
    (
        "whispering_woman",
        "Whispering, woman",
        "여자 속삭임",
        ["female whisper", "whisper", "위스퍼링", "속삭임", "귓속말"],
    ),
    ("writing", "Writing", "글씨 쓰는 소리", ["pencil", "pen", "handwriting", "연필", "필기", "글씨"]),
)


def upgrade() -> None:
    """Go to this revision."""
    triggers = sa.table(
        "triggers",
        sa.column("slug", sa.String),
        sa.column("name_en", sa.String),
        sa.column("name_ko", sa.String),
        sa.column("aliases", postgresql.ARRAY(sa.Text)),
        sa.column("ordinal", sa.Integer),
    )
    op.bulk_insert(
        triggers,
        [
            {"slug": slug, "name_en": name_en, "name_ko": name_ko, "aliases": aliases, "ordinal": ordinal}
            for ordinal, (slug, name_en, name_ko, aliases) in enumerate(TRIGGERS)
        ],
    )


def downgrade() -> None:
    """Go back to the revision before."""
    op.execute("DELETE FROM triggers")
