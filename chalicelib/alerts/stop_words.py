"""Words that say nothing of what people write about, French and English, without accents and in lower case."""

from __future__ import annotations

_FRENCH = """
alors apres au aucun aussi autre autres aux avait avant avec avez avoir avons bien bonjour car ce cela celle celui ces
cest cet cette ceux chez comme comment dans de deja depuis des dire dit dont donc du elle elles en encore entre est et
etaient etait etant ete etes etre eu eux faire fait faites faut fois font grand hier ici il ils jamais je jour juste
la
le les leur leurs lors lui ma maintenant mais mal mes merci meme memes moi moins mon ne ni non nos notre nous on ont
ou
oui par parce pas peu peut peuvent plus plusieurs point pour pourquoi pourrait pouvez pouvoir quand que quel quelle
quelles quelque quelques quels qui quoi rien sa sans sera serait ses si sinon soit son sont sous sur ta tant te tel
telle tes toi ton toujours tous tout toute toutes tres trop tu un une va vais vers veut voici voila vos votre vous
vraiment aujourd hui aujourd'hui quelqu'un
"""
_ENGLISH = """
about above after again against all also am an and any anyone are aren't as at be because been before being below
between both but by came can can't cannot come could couldn't did didn't do does doesn't doing don't down during each
ever every
few for from further get gets getting go going gonna got had has hasn't have haven't having he her here hers herself
him
himself his how i'm i've if in into is isn't it it's its itself just know let let's like look made make many may me
more
most much must my myself need never no nor not now of off on once one only or other our ours out over own please
really
right said same say see she should so some still such than thank thanks that that's the their theirs them then there
there's these they they're this those through time to today too under until up us use very want was wasn't way we
we're
well were what when where which while who whom why will with without won't would yes yet you you're your yours
"""

STOP_WORDS = frozenset((_FRENCH + _ENGLISH).split())
