/* url.h - what the rest of turn/ asks of an ICE URL besides its being valid. */
#ifndef PARLEY_TURN_URL_H
#define PARLEY_TURN_URL_H

#include <stdbool.h>

#include "base/slice.h"

/* Whether a valid URL names a TURN server, which wants credentials; a STUN server does not. */
bool ice_url_is_turn(struct slice url);

#endif
