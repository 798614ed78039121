from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('enrolment', '0005_language'),
    ]

    operations = [
        migrations.AddField(
            model_name='completion',
            name='prizes',
            field=models.PositiveIntegerField(help_text='Prizes that a paid confidence won.', null=True),
        ),
    ]
