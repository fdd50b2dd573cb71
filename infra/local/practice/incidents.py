"""What the practice town talks about: the words of a flood of messages, phase by phase, and of a quiet day.

A topic has for each language: `first` (somebody notices), `height` (everybody asks), `late` (it drags on), and
`places` and `since` to fill them with. Openings and endings are common to the incidents. No message is longer than
Bluesky takes together with the name of the agency in front.
"""

from __future__ import annotations

import random

TOPICS: dict[str, dict[str, dict[str, list[str]]]] = {
    "smoke": {
        "fr": {
            "first": [
                "Ça sent le produit chimique {place}, quelqu’un d’autre ?",
                "Drôle d’odeur {place} {since}, comme du solvant.",
                "Il y a une fumée jaunâtre {place}. Vous êtes au courant ?",
                "Une odeur de brûlé très forte {place}, c’est normal ?",
                "Est-ce qu’il y a un incendie {place} ? On voit de la fumée d’ici.",
                "Odeur d’œuf pourri {place} {since}. Je préfère vous le signaler.",
            ],
            "height": [
                "La fumée arrive {place}, faut-il fermer les fenêtres ?",
                "J’ai les yeux qui piquent {place}. Qu’est-ce qui brûle ?",
                "Mon fils tousse {since}, on habite {place}. Est-ce dangereux ?",
                "Est-ce qu’on évacue {place} ? Personne ne nous dit rien !",
                "L’école reste ouverte ? Les enfants jouent dehors {place} avec cette odeur !",
                "Ma mère de 84 ans vit {place}, que doit-elle faire ?",
                "Les pompiers sont {place} mais aucune consigne. Que respire-t-on ?",
                "Toute la rue sent l’ammoniac {place}. Je suis inquiète.",
                "Peut-on boire l’eau du robinet {place} avec ce qui se passe ?",
                "On a mal à la tête au bureau {place} {since}. Qui appeler ?",
                "Impossible de passer {place}, la route est bloquée et ça fume encore.",
                "Le nuage va vers le parc. Il faudrait prévenir les gens {place} !",
                "Je suis asthmatique et j’habite {place} : je sors ou je reste ?",
                "Est-ce l’ancienne tannerie qui brûle ? On voit les flammes {place}.",
                "Les voisins {place} disent que c’est toxique. Vrai ou faux ?",
                "Aucune sirène, aucun message. On apprend tout par les réseaux {place}.",
                "Combien de temps encore ? On suffoque {place} {since}.",
                "La garderie {place} vient d’appeler les parents. Que se passe-t-il ?",
            ],
            "late": [
                "Ça sent moins fort {place}, peut-on rouvrir les fenêtres ?",
                "Toujours de la fumée {place}. Quand aurons-nous des nouvelles ?",
                "Merci aux pompiers {place}. Et maintenant, l’air est-il mesuré ?",
                "Est-ce que les légumes du jardin {place} sont encore bons ?",
                "L’odeur revient par moments {place}. C’est fini ou pas ?",
                "On attend toujours une réponse {since}.",
            ],
            "places": [
                "rue des Tanneurs", "près de la rue des Tanneurs", "quai de la Tannerie",
                "dans le quartier Saint-Crépin", "derrière l’ancienne tannerie", "au bord de la rivière",
                "près de l’école des Tilleuls",
                "place du Marché", "avenue du Pont",
            ],
            "since": ["depuis ce matin", "depuis une heure", "depuis 20 minutes", "depuis tout à l’heure"],
        },
        "en": {
            "first": [
                "Strong chemical smell {place}, anyone else?",
                "Something has smelled of solvent {place} {since}.",
                "There’s yellowish smoke {place}. Are you aware?",
                "Is there a fire {place}? I can see smoke from here.",
                "Rotten egg smell {place} {since}. Thought I should report it.",
            ],
            "height": [
                "Smoke is reaching us {place}. Should we close the windows?",
                "My eyes are burning {place}. What is on fire?",
                "My daughter has been coughing {since}, we live {place}. Is it dangerous?",
                "Are people {place} being evacuated? Nobody tells us anything!",
                "Is the school staying open? Kids are playing outside {place} in this smell!",
                "My dad is 81 and lives {place}. What should he do?",
                "Fire trucks {place} but no instructions. What are we breathing?",
                "Whole street smells of ammonia {place}. Really worried.",
                "Is the tap water safe {place} after this?",
                "Everyone in the office {place} has had a headache {since}. Who do we call?",
                "Road is blocked {place} and it is still smoking.",
                "The cloud is moving towards the park. Somebody warn the people {place}!",
                "I have asthma and live {place}: do I leave or stay in?",
                "Is that the old tannery burning? Flames visible {place}.",
                "Neighbours {place} say it is toxic. True or not?",
                "No siren, no text message. We learn everything from social media {place}.",
                "How much longer? We have been choking {place} {since}.",
            ],
            "late": [
                "Smell is fading {place}, can we open the windows again?",
                "Still smoke {place}. When will there be an update?",
                "Thanks to the firefighters {place}. Is anyone measuring the air?",
                "Are the vegetables in our garden {place} still safe to eat?",
                "We have been waiting for an answer {since}.",
            ],
            "places": [
                "on Tanners Street", "near Tanners Street", "by the tannery quay", "around Saint-Crépin",
                "behind the old tannery", "along the river", "near the Lindens school", "at Market Square",
            ],
            "since": ["since this morning", "for an hour now", "for 20 minutes", "for half an hour"],
        },
    },
    "water": {
        "fr": {
            "first": [
                "Plus d’eau {place} {since}, c’est prévu ?",
                "L’eau coule brune {place}. C’est une fuite ?",
                "Presque plus de pression {place} {since}.",
                "Il y a un geyser au milieu de la chaussée {place} !",
            ],
            "height": [
                "Pas d’eau {place} {since} et deux bébés à la maison. Des bouteilles quelque part ?",
                "Combien de temps dure la coupure {place} ?",
                "L’eau brune {place}, peut-on la boire si on la fait bouillir ?",
                "Le restaurant {place} doit fermer, aucune information de votre part.",
                "La clinique {place} a-t-elle de l’eau ? Mon père y est dialysé.",
                "La rue est inondée {place}, ma cave aussi. Qui paie ?",
                "Pourquoi n’a-t-on pas été prévenus {place} ?",
                "Toujours rien au robinet {place}. Aucun camion, personne.",
                "L’école {place} renvoie les élèves faute d’eau, vous confirmez ?",
                "Je n’ai plus d’eau ni de chauffage {place} {since}.",
                "Votre site dit que tout est normal, et {place} il n’y a pas une goutte.",
                "Où sont les points de distribution {place} ?",
            ],
            "late": [
                "L’eau est revenue {place} mais elle est blanche. Normal ?",
                "Toujours coupé {place} {since}. Une heure de retour ?",
                "Faut-il encore faire bouillir l’eau {place} ?",
                "Merci à l’équipe {place}, ils ont travaillé toute la nuit.",
            ],
            "places": [
                "rue des Tanneurs", "dans le quartier Saint-Crépin", "avenue du Pont", "boulevard de la Gare",
                "près de l’hôpital", "place du Marché", "chemin du Moulin",
            ],
            "since": ["depuis 6 h", "depuis ce matin", "depuis deux heures", "depuis hier soir"],
        },
        "en": {
            "first": [
                "No water {place} {since}, is it planned?",
                "Brown water {place}. Is there a leak?",
                "Hardly any pressure {place} {since}.",
                "Water is shooting out of the road {place}!",
            ],
            "height": [
                "No water {place} {since} and two babies at home. Is there bottled water anywhere?",
                "How long will the water be off {place}?",
                "Brown water {place}: safe if we boil it?",
                "My café {place} has to close and you say nothing.",
                "Does the clinic {place} have water? My father is on dialysis there.",
                "Street is flooded {place}, and so is my basement. Who pays?",
                "Why did nobody warn us {place}?",
                "Tap still dry {place}. No truck, nobody in sight.",
                "School {place} is sending pupils home, can you confirm?",
                "Your website says all is normal, and there is not a drop {place}.",
                "Where can people {place} pick up water?",
            ],
            "late": [
                "Water is back {place} but it looks milky. Normal?",
                "Still off {place} {since}. Any time for its return?",
                "Do we still have to boil water {place}?",
                "Thanks to the crew {place}, they worked all night.",
            ],
            "places": [
                "on Tanners Street", "around Saint-Crépin", "on Bridge Avenue", "on Station Boulevard",
                "near the hospital", "at Market Square", "on Mill Lane",
            ],
            "since": ["since 6 a.m.", "since this morning", "for two hours now", "since last night"],
        },
    },
}  # fmt: skip

QUIET: dict[str, list[str]] = {
    "fr": [
        "Bonjour, le bac de recyclage {place}, c’est cette semaine ou la prochaine ?",
        "Le bac brun n’a pas été vidé {place} ce matin.",
        "À quelle heure ouvre la patinoire samedi ?",
        "Est-ce que la patinoire prête des casques pour les enfants ?",
        "Les travaux {place} finissent quand ?",
        "Il y a un nid-de-poule énorme {place}, attention à vélo.",
        "Un lampadaire ne marche plus {place} depuis lundi.",
        "Où peut-on déposer des branches et des feuilles ?",
        "La bibliothèque est-elle ouverte le dimanche en hiver ?",
        "Le stationnement de nuit est-il permis {place} cette semaine ?",
        "Merci pour les fleurs {place}, c’est très beau !",
        "Comment inscrit-on un enfant au camp de jour ?",
        "Le sentier est-il déneigé jusqu’au pont ?",
        "Une pancarte d’arrêt est tombée {place}.",
    ],
    "en": [
        "Hi, is recycling collected {place} this week or next?",
        "Our compost bin was not emptied {place} this morning.",
        "What time does the ice rink open on Saturday?",
        "Can we borrow helmets for kids at the ice rink?",
        "When will the road works {place} be finished?",
        "Huge pothole {place}, careful on a bike.",
        "A street light {place} has been out since Monday.",
        "Where can I drop off branches and leaves?",
        "Is the library open on Sundays in winter?",
        "Is overnight parking allowed {place} this week?",
        "Thanks for the flowers {place}, they look lovely!",
        "How do I sign my child up for day camp?",
        "A stop sign has fallen over {place}.",
    ],
}
_QUIET_PLACES = {
    "fr": ["rue du Moulin", "avenue du Pont", "boulevard de la Gare", "près du parc", "rue des Érables"],
    "en": ["on Mill Lane", "on Bridge Avenue", "on Station Boulevard", "near the park", "on Maple Street"],
}
_OPENINGS = {
    "fr": ["", "", "", "", "Bonjour, ", "Bonsoir. ", "URGENT : ", "Alerte ! ", "Svp répondez. ", "Question : "],
    "en": ["", "", "", "", "Hello, ", "Hi. ", "URGENT: ", "Please answer. ", "Question: ", "Seriously. "],
}
_ENDINGS = {
    "fr": [
        "", "", "", " Merci.", " Merci de répondre.", " On attend.", " 😷", " 😡", " ⚠️", " À partager.",
        " Des nouvelles ?", " Je n’ai reçu aucune alerte.", " Inadmissible.", " #Rivemont",
        " J’ai une photo si besoin.",
    ],
    "en": [
        "", "", "", " Thanks.", " Please reply.", " We are waiting.", " 😷", " 😡", " ⚠️", " Please share.",
        " Any news?", " I got no alert at all.", " Unacceptable.", " #Rivemont", " I have a photo if you need it.",
    ],
}  # fmt: skip


def message(draw: random.Random, topic: str, language: str, progress: float) -> str:
    """One message. progress: from 0, the beginning of the incident, to 1. topic: of TOPICS, or quiet."""
    if topic == "quiet":
        return draw.choice(QUIET[language]).format(place=draw.choice(_QUIET_PLACES[language]))
    words = TOPICS[topic][language]
    phase = "first" if progress < 0.06 else "height" if progress < 0.8 or draw.random() < 0.4 else "late"
    core = draw.choice(words[phase]).format(place=draw.choice(words["places"]), since=draw.choice(words["since"]))
    opening = draw.choice(_OPENINGS[language])
    if opening.endswith((", ", " : ", ": ")) and not core.startswith("I "):
        core = core[0].lower() + core[1:]
    return opening + core + draw.choice(_ENDINGS[language])
