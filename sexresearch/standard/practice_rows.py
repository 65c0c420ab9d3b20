"""ISO/TR 7179:2023 as rows: the 27 clauses on practices, and the clauses around them.

Clause numbers and headings (shortened) are facts of the report; every description is our own wording of what
the heading announces, not of the cases the report tells.
"""

PRACTICES: tuple[tuple[str, str, str], ...] = (
    (
        "5.2.1",
        "customer centricity in vision and mission",
        "The customer stands at the centre of vision and mission.",
    ),
    (
        "5.2.2",
        "humanistic care and strategy for the service ecosystem",
        "Care for people guides a strategy that includes the partners around the service.",
    ),
    ("5.3.1", "management responsibility", "Managers answer for excellence and show it."),
    (
        "5.3.2",
        "manager's processes and roles",
        "What managers do for excellence is arranged as process and role.",
    ),
    ("6.2.1", "cultural values and learning journey", "Values are learnt step by step, as on a journey."),
    (
        "6.2.2",
        "values by co-creation and sharing best practice",
        "Employees shape the values together and pass on what works.",
    ),
    (
        "6.2.3",
        "deeply understanding BtoB service",
        "The business customer's own service is understood in depth.",
    ),
    ("6.2.4", "leadership in implementing the culture", "Leaders carry the culture into daily work."),
    (
        "6.3.1",
        "blended learning and service excellence academy",
        "Classroom, online and on-the-job learning meet in an academy.",
    ),
    (
        "6.3.2",
        "recognition and enhancement of customer centricity",
        "Acting for the customer is recognized and so encouraged.",
    ),
    ("6.3.3", "increasing employee engagement", "Ways to make employees more committed."),
    (
        "7.2.1",
        "customer experience management platform",
        "One platform brings together what is known of experiences.",
    ),
    ("7.2.2", "revealing latent needs", "Needs that customers do not express are brought to light."),
    ("7.2.3", "touchpoint management", "Every point of contact is known and looked after."),
    ("7.2.4", "capturing and monitoring feedback", "Feedback is collected and followed over time."),
    (
        "7.3.1",
        "service promise, standard and recovery",
        "A promise, the standards behind it, and what happens when it is broken.",
    ),
    ("7.3.2", "co-design starting from the promise", "The promise is where designing together begins."),
    (
        "7.3.3",
        "customer care training and integrated management system",
        "Training in customer care is tied into the management system.",
    ),
    (
        "7.4.1",
        "time slots for new employees and online user community",
        "Newcomers get time for ideas, and users meet online.",
    ),
    (
        "7.4.2",
        "horizontal deployment through successful cases",
        "What succeeded in one place is carried over to others.",
    ),
    (
        "7.4.3",
        "ideas from front-line and professional employees",
        "Those who serve customers and those with expertise supply the ideas.",
    ),
    (
        "7.4.4",
        "personalizing services through innovation management",
        "Managed innovation makes services more personal.",
    ),
    ("8.2.1", "partnership and technologies", "Partners and technology together support the service."),
    (
        "8.2.2",
        "operational excellence with excellent service",
        "Efficient operations and excellent service are pursued together.",
    ),
    ("8.3.1", "key performance indicators", "Figures that show whether excellence is on track."),
    ("8.3.2", "measurement tools", "Instruments by which activities and results are measured."),
    (
        "8.3.3",
        "causal relationship of the effect chain",
        "How the links of the effect chain are traced; the longest of these clauses, four pages.",
    ),
)

AROUND: tuple[tuple[str, str, str], ...] = (
    ("4.1", "methodology", "How the practices were collected."),
    ("4.2", "overview of selected organizations", "Ten organizations from five countries."),
    ("Annex A", "template of practices", "The form in which practices were gathered."),
)
