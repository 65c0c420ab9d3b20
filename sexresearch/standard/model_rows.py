"""ISO 23592:2021, clause 7, as rows: dimensions, elements, and sub-elements with their listed points.

Clause numbers, headings (shortened) and counts are facts of the standard; the wording of
descriptions is our own.
"""

DIMENSIONS: tuple[tuple[str, str, str], ...] = (
    (
        "7.1",
        "leadership and strategy",
        "Leaders set the direction towards excellence and live it themselves.",
    ),
    (
        "7.2",
        "culture and employee engagement",
        "Shared values and committed people carry excellence every day.",
    ),
    (
        "7.3",
        "creating outstanding customer experiences",
        "Customers are understood, and experiences are designed, renewed and innovated for them.",
    ),
    (
        "7.4",
        "operational service excellence",
        "Processes, technology, structures and monitoring make excellence dependable.",
    ),
)

ELEMENTS: tuple[tuple[str, str, str], ...] = (
    (
        "7.1.1",
        "vision, mission and strategy",
        "Delighting customers is written into where the organization is heading.",
    ),
    (
        "7.1.2",
        "leadership and management requirements",
        "Managers lead by example, share the work and its goals, and give employees room to act.",
    ),
    (
        "7.2.1",
        "service excellence culture",
        "Values for excellence are defined, talked about and put to work.",
    ),
    (
        "7.2.2",
        "employee engagement",
        "People are chosen, developed, heard and recognized so that they want to excel.",
    ),
    (
        "7.3.1",
        "understanding customer needs, expectations and desires",
        "The organization listens widely, uses what it hears, and adapts.",
    ),
    (
        "7.3.2",
        "designing and renewing outstanding customer experiences",
        "Experiences are designed on purpose, promised, rolled out, and put right when they fail.",
    ),
    (
        "7.3.3",
        "service innovation management",
        "New services come from a climate and a process made for them.",
    ),
    (
        "7.4.1",
        "customer-experience-related processes and organizational structure",
        "Processes, technologies and partnerships are arranged around the experience of the customer.",
    ),
    (
        "7.4.2",
        "monitoring service excellence activities and results",
        "Provisional: public sources speak of internal and external measures for every element.",
    ),
)

PROVISIONAL = frozenset({"7.4.2"})  # not in the text this inventory was read from

# clause, heading, listed practices, listed 'should' points (None: not counted in the source), description
SUB_ELEMENTS: tuple[tuple[str, str, int | None, int | None, str], ...] = (
    ("7.1.1 a", "vision", None, None, "A picture of the future in which customers are delighted."),
    ("7.1.1 b", "mission", None, None, "A purpose that says what excellent service means here."),
    ("7.1.1 c", "strategy", 3, None, "A plan, with goals, that leads from the vision to daily work."),
    ("7.1.2 a", "leadership", 6, 6, "Leaders show by their own conduct that excellence matters."),
    (
        "7.1.2 b",
        "sharing efforts, defined responsibilities and objectives",
        7,
        6,
        "Everyone knows their share in excellence and the goals that go with it.",
    ),
    (
        "7.1.2 c",
        "employee empowerment and engagement",
        6,
        6,
        "Employees may decide and are encouraged to act for the customer.",
    ),
    (
        "7.2.1 a",
        "defining the culture",
        4,
        5,
        "The values and conduct that make up the culture are spelled out.",
    ),
    (
        "7.2.1 b",
        "communicating the culture",
        2,
        2,
        "The culture is explained and kept alive in conversation.",
    ),
    ("7.2.1 c", "implementing the culture", 5, 2, "The culture becomes part of routines and decisions."),
    (
        "7.2.2 a",
        "recruitment and induction",
        3,
        3,
        "People with a heart for service are hired and well received.",
    ),
    ("7.2.2 b", "continuous learning and development", 4, 2, "Skills for excellent service keep growing."),
    (
        "7.2.2 c",
        "customer feedback at employee or team level",
        4,
        6,
        "What customers say reaches the very people who served them.",
    ),
    (
        "7.2.2 d",
        "evaluation and assessment",
        2,
        2,
        "The contribution to excellence is part of every appraisal.",
    ),
    (
        "7.2.2 e",
        "recognition or acknowledgement",
        3,
        2,
        "Outstanding service by employees is noticed and honoured.",
    ),
    (
        "7.2.2 f",
        "employee feedback mechanism",
        3,
        1,
        "Employees have a channel to be heard and see what follows.",
    ),
    (
        "7.3.1 a",
        "scope and depth of listening",
        3,
        1,
        "Listening covers many sources and also goes below the surface.",
    ),
    (
        "7.3.1 b",
        "data acquisition and use",
        3,
        5,
        "Customer data are gathered, joined, and turned into insight.",
    ),
    (
        "7.3.1 c",
        "adapting to needs",
        4,
        2,
        "What was learnt changes the service, for segments and for single people.",
    ),
    (
        "7.3.2 a",
        "designing and documenting the experience",
        6,
        2,
        "The intended experience is designed along the journey and written down.",
    ),
    (
        "7.3.2 b",
        "service standards and service promise",
        2,
        3,
        "Standards inside and a promise outside say what customers can count on.",
    ),
    (
        "7.3.2 c",
        "deploying the experience concept",
        3,
        2,
        "The concept reaches all units, channels and partners.",
    ),
    ("7.3.2 d", "service recovery excellence", 3, 1, "A failure is put right so well that trust grows."),
    ("7.3.3 a", "innovation culture", 5, 4, "People may try, err and learn on the way to better service."),
    (
        "7.3.3 b",
        "structured innovation process",
        4,
        3,
        "Ideas pass through generation, conception, development and market launch.",
    ),
    ("7.4.1 a", "processes", 4, 1, "Processes are seen from the customer's side and kept reliable."),
    (
        "7.4.1 b",
        "technologies and techniques",
        7,
        2,
        "Technology and methods, radar charts among them, serve the experience.",
    ),
    (
        "7.4.1 c",
        "structures and partnerships",
        1,
        3,
        "Organization and partners are set up to work across borders.",
    ),
)

LOWER_BOUNDS = frozenset({"7.4.1 c"})  # sub-elements whose number of practices is 'at least'
