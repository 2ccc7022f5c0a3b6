select identity::text as identity from tape_state
