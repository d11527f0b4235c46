"""What is true in this field: the rules of a Key Work Campaign Year (重点工作攻坚年).

Pure by construction: no input or output, no clock, no randomness, no SQL, no GraphQL. Time, identity and
documents come in as arguments; facts go out as events. One module per noun; each reads top to bottom as
rules, events, commands, and how events change the state.
"""
