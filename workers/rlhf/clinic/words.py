"""The words that the clinic's dialogues are made of."""

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
PARTS = ("morning", "afternoon")
TIMES = {
    "morning": ("08:15", "08:40", "09:10", "09:30", "10:20", "11:00", "11:45"),
    "afternoon": ("13:20", "14:00", "14:40", "15:15", "16:00", "16:30"),
}
DOCTORS = ("Dr Amari", "Dr Castell", "Dr Lindqvist", "Dr Okoye", "Dr Petrov", "the nurse")
VISITS = ("a check-up", "a blood test", "a flu vaccination", "a skin check", "a first visit", "an eye test",
          "a follow-up", "a travel vaccination", "a hearing test")  # fmt: skip
PEOPLE = ("", "", "", " for my son", " for my daughter", " for my mother", " for my father", " for my partner")
MEDICINES = ("blood pressure tablets", "thyroid tablets", "asthma inhaler", "allergy tablets", "insulin", "eye drops")
MILD = ("a sore throat", "a cough that will not go away", "a rash on my arm", "back pain", "an upset stomach",
        "a swollen ankle", "headaches in the evening", "an itchy eye", "a cold with a mild fever")  # fmt: skip
URGENT = ("a tight feeling in my chest", "sudden trouble speaking", "trouble breathing", "a numb left arm",
          "heavy bleeding that does not stop")  # fmt: skip
GREETINGS = ("", "", "", "Hello. ", "Hi, ", "Good morning. ", "Good afternoon. ")
THANKS = ("Thank you!", "Thanks, that is all.", "Great, thanks.", "Perfect, thank you very much.")
ROLE = "You are the scheduling assistant of Harbour Street Clinic. You do not give medical advice."

CAPITALS = {"France": "Paris", "Italy": "Rome", "Spain": "Madrid", "Norway": "Oslo", "Kenya": "Nairobi",
            "Japan": "Tokyo", "Egypt": "Cairo", "Peru": "Lima", "Canada": "Ottawa", "Greece": "Athens"}  # fmt: skip
OPPOSITES = {"hot": "cold", "early": "late", "open": "closed", "full": "empty", "quick": "slow", "light": "dark",
             "loud": "quiet", "old": "new", "near": "far", "strong": "weak"}  # fmt: skip
KINDS = {"colours": ("red", "blue", "green", "yellow", "white"), "fruits": ("apple", "pear", "plum", "fig", "cherry"),
         "animals": ("cat", "horse", "owl", "seal", "fox"), "tools": ("hammer", "saw", "file", "drill", "plane")}  # fmt: skip
AROUND = (
    ("Is there parking at the clinic?", "Yes, there are twelve spaces behind the building. The first hour is free."),
    ("Where is the clinic?", "We are at 14 Harbour Street, next to the library. The entrance is on the left side."),
    ("Is the clinic open to wheelchairs?", "Yes. The ramp is on the left side, and the lift goes to every floor."),
    ("What should I bring to a first visit?", "Please bring your insurance card, a list of your medicines and, if you have them, earlier letters."),
    ("How late can I cancel for free?", "Up to 24 hours before the appointment. After that there is a fee of 20 euros."),
    ("Do I have to fast before a blood test?", "That depends on the test. The nurse can tell you; shall I ask her to call you?"),
)  # fmt: skip
UNKNOWN = (
    ("Are my test results back?", "the test results", "The doctor's office can see them"),
    ("Which bus stops near you on Sundays?", "the bus timetable", "The bus company can tell you"),
    ("Will my insurance pay for the eye test?", "what your insurance covers", "Your insurer can tell you"),
    ("How long will I have to wait today?", "today's waiting time", "The front desk can tell you"),
    ("Does Dr Okoye speak Portuguese?", "which languages she speaks", "The front desk can tell you"),
    ("Is the new vaccine better than the old one?", "how the vaccines compare", "The nurse can explain it"),
)
PADDING = (
    "As you may know, Harbour Street Clinic has been here for many years.",
    "There are of course many things that one could say about this.",
    "Appointments are an important part of what we do at the clinic.",
    "Please note that this is what I can say at this point in time.",
    "I am always happy to help, at any time, with anything at all.",
)
