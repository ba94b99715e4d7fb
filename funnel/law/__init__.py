"""The law a pack rests on: the statute register, time limits, and checks against statute texts.

`funnel.law.register` answers which version of an article was in force on a day and what a dated figure was;
`funnel.law.time_limits` counts periods after Civil Code articles 200 to 204; `funnel.law.texts` holds the register
against a folder of statute texts. Everything here is a pure function over frozen data, save the reading of that
folder.
"""
