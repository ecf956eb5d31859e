package signin

// words are what pages and mails say, in one language.
type words struct {
	Language string

	// ask
	SignIn, Ask, Email, SendLink, NoSuchEmail, With, NoMail string
	// sent
	Sent, SentBody, SentMissing string
	// confirm
	Confirm, ConfirmAs, ConfirmButton, ConfirmNot string
	// signed in, choose, instead
	SignedIn, SignedInAs, InCollective, GoOn, ChooseOther, SignOut, SignOutEverywhere string
	Choose, ChooseBody, Coordinator, Producer, Reader, Here                           string
	Instead, InsteadNow, InsteadThen, InsteadButton, InsteadStay                      string
	// what goes wrong
	Sorry, TryAgain, Spent, Revoked, NotMember, TooMany, ForeignForm, Broken, NoOIDC, Unverified, Nobody, Stopped string
	// the mail
	Subject, MailHello, MailOnce, MailNot string
}

func english() *words {
	return &words{
		Language: "en",

		SignIn:      "Sign in",
		Ask:         "Give your e-mail address. We send you a link that lets you in, no password needed.",
		Email:       "E-mail address",
		SendLink:    "Send me a link",
		NoSuchEmail: "This is no e-mail address. It must be like marie@example.org.",
		With:        "Sign in with",
		NoMail:      "No links are sent by e-mail here. Producers open the private link that their coordinator gave them; coordinators ask whoever runs this service for a link.",

		Sent:        "Check your e-mail",
		SentBody:    "If the address is known here, a link is on its way to it. It works once, within 15 minutes.",
		SentMissing: "Nothing came? Look among the unwanted mail, or ask your coordinator which address they have of you.",

		Confirm:       "Sign in",
		ConfirmAs:     "This link is for",
		ConfirmButton: "Sign in here",
		ConfirmNot:    "You did not ask for it? Close this page: nothing happens.",

		SignedIn:          "You are signed in",
		SignedInAs:        "as",
		InCollective:      "in",
		GoOn:              "Go on",
		ChooseOther:       "Choose another collective",
		SignOut:           "Sign out",
		SignOutEverywhere: "Sign out on all devices",

		Choose:      "Which collective?",
		ChooseBody:  "You belong to several. You can change later.",
		Coordinator: "coordinator",
		Producer:    "producer",
		Reader:      "reader",
		Here:        "you are here",

		Instead:       "You are signed in as somebody else",
		InsteadNow:    "Now you are",
		InsteadThen:   "This link is the private link of",
		InsteadButton: "Go on as",
		InsteadStay:   "Stay as I am",

		Sorry:       "This did not work",
		TryAgain:    "Go to the sign-in page",
		Spent:       "This link is not valid: it was used, or it is older than it may be. Ask for a new one.",
		Revoked:     "This private link is not valid any more. Ask your coordinator for the new one.",
		NotMember:   "You are no member of this collective. Choose one from the list.",
		TooMany:     "Too many attempts. Wait some minutes and try again.",
		ForeignForm: "This form came from another site, so nothing was done. Open the sign-in page here and try again.",
		Broken:      "Something went wrong on our side. Try again; if it stays so, tell whoever runs this service.",
		NoOIDC:      "The other service could not be reached. Try again later, or sign in by e-mail.",
		Unverified:  "The other service does not vouch for your e-mail address. Confirm the address there first.",
		Nobody:      "Your e-mail address is not known here. Ask your coordinator to add it.",
		Stopped:     "Signing in was stopped or took too long. Start again.",

		Subject:   "Your link to sign in",
		MailHello: "Open this link to sign in:",
		MailOnce:  "It works once, within 15 minutes.",
		MailNot:   "You did not ask for it? Then ignore this message: nobody gets in without the link.",
	}
}

func french() *words {
	return &words{
		Language: "fr",

		SignIn:      "Se connecter",
		Ask:         "Donnez votre adresse e-mail. Nous vous envoyons un lien qui vous connecte, sans mot de passe.",
		Email:       "Adresse e-mail",
		SendLink:    "Envoyez-moi un lien",
		NoSuchEmail: "Ce n’est pas une adresse e-mail. Elle doit ressembler à marie@example.org.",
		With:        "Se connecter avec",
		NoMail:      "Aucun lien n’est envoyé par e-mail ici. Producteurs, ouvrez le lien privé que votre coordinateur vous a donné ; coordinateurs, demandez un lien à la personne qui gère ce service.",

		Sent:        "Regardez vos e-mails",
		SentBody:    "Si l’adresse est connue ici, un lien lui est envoyé. Il sert une seule fois, dans les 15 minutes.",
		SentMissing: "Rien reçu ? Regardez dans les indésirables, ou demandez à votre coordinateur quelle adresse il a pour vous.",

		Confirm:       "Se connecter",
		ConfirmAs:     "Ce lien est pour",
		ConfirmButton: "Se connecter ici",
		ConfirmNot:    "Vous n’avez rien demandé ? Fermez cette page : il ne se passe rien.",

		SignedIn:          "Vous êtes connecté",
		SignedInAs:        "en tant que",
		InCollective:      "dans",
		GoOn:              "Continuer",
		ChooseOther:       "Choisir un autre collectif",
		SignOut:           "Se déconnecter",
		SignOutEverywhere: "Se déconnecter de tous les appareils",

		Choose:      "Quel collectif ?",
		ChooseBody:  "Vous faites partie de plusieurs. Vous pourrez en changer.",
		Coordinator: "coordination",
		Producer:    "producteur",
		Reader:      "lecture",
		Here:        "vous y êtes",

		Instead:       "Vous êtes connecté sous un autre nom",
		InsteadNow:    "En ce moment, vous êtes",
		InsteadThen:   "Ce lien est le lien privé de",
		InsteadButton: "Continuer en tant que",
		InsteadStay:   "Rester comme je suis",

		Sorry:       "Cela n’a pas marché",
		TryAgain:    "Aller à la page de connexion",
		Spent:       "Ce lien n’est pas valable : il a servi, ou il est trop ancien. Demandez-en un nouveau.",
		Revoked:     "Ce lien privé n’est plus valable. Demandez le nouveau à votre coordinateur.",
		NotMember:   "Vous n’êtes pas membre de ce collectif. Choisissez-en un dans la liste.",
		TooMany:     "Trop d’essais. Attendez quelques minutes et recommencez.",
		ForeignForm: "Ce formulaire vient d’un autre site, donc rien n’a été fait. Ouvrez la page de connexion ici et recommencez.",
		Broken:      "Quelque chose ne va pas de notre côté. Réessayez ; si cela continue, dites-le à la personne qui gère ce service.",
		NoOIDC:      "L’autre service est injoignable. Réessayez plus tard, ou connectez-vous par e-mail.",
		Unverified:  "L’autre service ne garantit pas votre adresse e-mail. Confirmez-la d’abord là-bas.",
		Nobody:      "Votre adresse e-mail n’est pas connue ici. Demandez à votre coordinateur de l’ajouter.",
		Stopped:     "La connexion a été interrompue ou a pris trop de temps. Recommencez.",

		Subject:   "Votre lien de connexion",
		MailHello: "Ouvrez ce lien pour vous connecter :",
		MailOnce:  "Il sert une seule fois, dans les 15 minutes.",
		MailNot:   "Vous n’avez rien demandé ? Ignorez ce message : sans le lien, personne n’entre.",
	}
}
